"""The model's output as JSON: rows of native values, and what becomes of a prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import to_json

from serving.prediction import Code, Failure


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that the model did not answer."""

    code: Code
    message: str


Answer = dict[str, Any] | RowError
Outcome = bytes | Failure
"""A result as JSON, or why the whole prediction failed."""


class Output:
    """Calls the Pipeline and turns its arrays into one JSON-able dict for each row."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._labels: list[list[str]] | None = None
        self.classes: Any = None
        if hasattr(pipeline, "predict_proba"):
            classes = pipeline.classes_
            several = isinstance(classes, list) and len(classes) > 0 and np.ndim(classes[0]) == 1
            groups = classes if several else [classes]
            self._labels = [[label_text(label) for label in _native(group, len(group))] for group in groups]
            self.classes = self._labels if several else self._labels[0]

    def answers(self, rows: Any, count: int) -> list[Answer]:
        """One answer for each of `count` rows. Raises whatever the model raises; ValueError for a wrong row count."""
        predicted = _native(self._pipeline.predict(rows), count)
        if self._labels is None:
            return [{"prediction": value} for value in predicted]
        raw = self._pipeline.predict_proba(rows)
        outputs = raw if isinstance(raw, list) else [raw]
        labels = self._labels if len(self._labels) == len(outputs) else self._labels * len(outputs)
        by_output = [
            [dict(zip(names, values, strict=True)) for values in _matrix(output, count)]
            for names, output in zip(labels, outputs, strict=True)
        ]
        probabilities: Sequence[Any] = list(zip(*by_output, strict=True)) if isinstance(raw, list) else by_output[0]
        return [
            {"prediction": value, "probabilities": chances}
            for value, chances in zip(predicted, probabilities, strict=True)
        ]


def outcome(answers: Sequence[Answer], *, many: bool, max_result: int) -> Outcome:
    """What a prediction's rows make of it: a single row that failed fails it, one of an array does not."""
    first = answers[0]
    if not many and isinstance(first, RowError):
        return Failure(code=first.code, message=first.message)
    shown = [
        {"error": {"code": answer.code, "message": answer.message}} if isinstance(answer, RowError) else answer
        for answer in answers
    ]
    encoded = to_json(shown if many else shown[0], inf_nan_mode="null", fallback=_plain)
    if len(encoded) > max_result:
        return Failure(
            code=Code.RESULT_TOO_LARGE,
            message=f"The result has {len(encoded)} bytes, over the limit of {max_result}: send fewer records at once.",
        )
    return encoded


def label_text(label: Any) -> str:
    """A class label as the key of a JSON object: a string as it is, anything else as its JSON text."""
    return str(label) if isinstance(label, str) else to_json(label, fallback=_plain).decode().strip('"')


def _native(array: Any, count: int) -> list[Any]:
    values = np.asarray(array)
    _check_count(values, count)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind in "Mm":
        values = values.astype(f"{values.dtype.kind}8[us]")
    return list(values.tolist())


def _matrix(array: Any, count: int) -> list[list[float]]:
    values = np.asarray(array, dtype=np.float64)
    _check_count(values, count)
    return list(values.tolist())


def _check_count(values: np.ndarray[Any, Any], count: int) -> None:
    rows = values.shape[0] if values.ndim else 0
    if rows != count:
        raise ValueError(f"the model returned {rows} rows for {count}")


def _plain(value: Any) -> Any:
    """What pydantic can't encode: numpy's scalars as Python's, anything else as its text."""
    return value.item() if isinstance(value, np.generic) else str(value)
