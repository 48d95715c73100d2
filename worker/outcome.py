"""The model's output as JSON: a row of native values each, and what becomes of a prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic_core import to_json

from serving.prediction import Code, Failure
from worker.one_pass import OnePass


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that the model did not answer; `trace` says where the model raised, for the log alone."""

    code: Code
    message: str
    trace: str = ""


Answer = bytes | RowError
"""A row's result as JSON: encoded at once, so that a value that JSON has no place for is that row's error."""
Outcome = bytes | Failure
"""A result as JSON, or why the whole prediction failed."""


class Output:
    """Calls the Pipeline and turns its arrays into one JSON object for each row."""

    def __init__(self, pipeline: Any) -> None:
        self._call = OnePass(pipeline)
        classes = getattr(pipeline, "classes_", None) if self._call.has_probabilities else None
        several = isinstance(classes, list) and len(classes) > 0 and np.ndim(classes[0]) == 1
        groups = [] if classes is None else classes if several else [classes]
        self._labels = [[label_text(label) for label in _native(group, len(group))] for group in groups]
        self.classes: Any = (self._labels if several else self._labels[0]) if self._labels else None

    def answers(self, rows: Any, count: int) -> list[Answer]:
        """One answer for each of `count` rows. Raises whatever the model raises; ValueError for a wrong row count."""
        predictions, chances = self._call(rows)
        found = [{"prediction": value} for value in _native(predictions, count)]
        if chances is not None:
            for row, own in zip(found, self._probabilities(chances, count), strict=True):
                row["probabilities"] = own
        return [to_json(row, inf_nan_mode="null", fallback=_plain) for row in found]

    def _probabilities(self, raw: Any, count: int) -> Sequence[Any]:
        """A dict of labels for each row; a list of them where the model has several outputs."""
        matrices = [_matrix(output, count) for output in (raw if isinstance(raw, list) else [raw])]
        widths = [matrix.shape[1] for matrix in matrices]
        labels = self._labels
        if [len(names) for names in labels] != widths:  # mixtures and chains name no class for each column
            labels = [[str(place) for place in range(width)] for width in widths]
        by_output = [
            [dict(zip(names, values, strict=True)) for values in matrix.tolist()]
            for names, matrix in zip(labels, matrices, strict=True)
        ]
        return list(zip(*by_output, strict=True)) if isinstance(raw, list) else by_output[0]


def outcome(answers: Sequence[Answer], *, many: bool, max_result: int) -> Outcome:
    """What a prediction's rows make of it: a single row that failed fails it, one of an array does not."""
    first = answers[0]
    if not many and isinstance(first, RowError):
        return Failure(code=first.code, message=first.message)
    rows = [
        to_json({"error": {"code": answer.code, "message": answer.message}}) if isinstance(answer, RowError) else answer
        for answer in answers
    ]
    encoded = b"[" + b",".join(rows) + b"]" if many else rows[0]
    if len(encoded) > max_result:
        return Failure(
            code=Code.RESULT_TOO_LARGE,
            message=f"The result has {len(encoded)} bytes, over the limit of {max_result}: send fewer records at once.",
        )
    return encoded


def label_text(label: Any) -> str:
    """A class label as the key of a JSON object: a string as it is, anything else as its JSON text."""
    return str(label) if isinstance(label, str) else to_json(label, fallback=_plain).decode().strip('"')


def _native(output: Any, count: int) -> list[Any]:
    """The rows of a prediction as Python values."""
    if isinstance(output, list):  # as it is: an array of it would give neighbours one type
        _check_count(len(output), count)
        return output
    values = _dense(output)
    _check_count(values.shape[0] if values.ndim else 0, count)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind in "Mm":
        values = values.astype(f"{values.dtype.kind}8[us]")
    if values.dtype.kind == "O":
        return [None if value is pd.NaT or value is pd.NA else value for value in values.tolist()]
    return list(values.tolist())


def _matrix(output: Any, count: int) -> np.ndarray[Any, Any]:
    values = np.asarray(_dense(output), dtype=np.float64)
    _check_count(values.shape[0] if values.ndim else 0, count)
    return values


def _dense(output: Any) -> np.ndarray[Any, Any]:
    return np.asarray(output.toarray() if hasattr(output, "toarray") else output)


def _check_count(rows: int, count: int) -> None:
    if rows != count:
        raise ValueError(f"the model returned {rows} rows for {count}")


def _plain(value: Any) -> Any:
    """What pydantic can't encode: numpy's values as Python's, anything else as its text."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
