"""Calls the Pipeline and turns its arrays into one JSON object for each row."""

from typing import Any

import numpy as np
import pandas as pd

from worker.encoding import RowTemplate, encode_each, label_text
from worker.one_pass import OnePass
from worker.outcome import Answer


class Output:
    """What a row's JSON looks like is known when the model is loaded."""

    def __init__(self, pipeline: Any) -> None:
        self._call = OnePass(pipeline)
        classes = getattr(pipeline, "classes_", None) if self._call.has_probabilities else None
        several = isinstance(classes, list) and len(classes) > 0 and np.ndim(classes[0]) == 1
        groups = [] if classes is None else classes if several else [classes]
        self._labels = [[label_text(label) for label in _native(group, len(group))] for group in groups]
        self.classes: Any = (self._labels if several else self._labels[0]) if self._labels else None
        self._templates: dict[bool, RowTemplate] = {}

    @property
    def first_step(self) -> Any | None:
        """The Pipeline's first step, if it may be called by itself."""
        return self._call.first_step

    def answers(self, rows: Any, count: int, *, begun: bool = False) -> list[Answer]:
        """One answer for each of `count` rows, or of what the first step has made of them.

        Raises whatever the model raises; ValueError for a wrong row count.
        """
        predictions, chances = self._call(rows, begun=begun)
        texts = encode_each(_native(predictions, count))
        if chances is None:
            return [b'{"prediction":%b}' % text for text in texts]
        several = isinstance(chances, list)
        matrices = [_matrix(output, count) for output in (chances if several else [chances])]
        return [*self._template([matrix.shape[1] for matrix in matrices], several).rows(texts, matrices)]

    def _template(self, widths: list[int], several: bool) -> RowTemplate:
        found = self._templates.get(several)
        if found is None or found.widths != widths:
            labels = self._labels
            if [len(names) for names in labels] != widths:  # mixtures and chains name no class for each column
                labels = [[str(place) for place in range(width)] for width in widths]
            found = self._templates[several] = RowTemplate(labels, several=several)
        return found


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
