"""Which marker the fitted transformers take for a missing value in an object column: None or NaN.

To an imputer or encoder that was fitted with one of them, the other is an unknown category or no gap at all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

NAN = float("nan")


def missing_markers(pipeline: Any, columns: Sequence[str]) -> dict[str, float | None]:
    """The marker of every column that a fitted step decides; NaN, as pandas reads files, holds for the others."""
    markers: dict[str, float | None] = {}
    for column, marker in _decided(pipeline, list(columns)):
        markers.setdefault(column, marker)
    return markers


def _decided(estimator: Any, columns: list[str]) -> Iterator[tuple[str, float | None]]:
    if hasattr(estimator, "steps"):  # a Pipeline: its first step meets the gaps
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
        for step in steps[:1]:
            yield from _decided(step, columns)
    elif hasattr(estimator, "transformers_"):  # a ColumnTransformer
        for _, transformer, chosen in estimator.transformers_:
            yield from _decided(transformer, _names(chosen, columns))
    elif hasattr(estimator, "transformer_list"):  # a FeatureUnion
        for _, transformer in estimator.transformer_list:
            yield from _decided(transformer, columns)
    elif hasattr(estimator, "categories_"):  # an encoder
        for column, categories in zip(columns, estimator.categories_, strict=False):
            yield from ((column, marker) for marker in _markers(categories))
    elif hasattr(estimator, "missing_values"):  # an imputer
        yield from ((column, marker) for marker in _markers([estimator.missing_values]) for column in columns)


def _markers(values: Any) -> list[float | None]:
    """Those of the values that stand for a missing one."""
    return [None if value is None else NAN for value in values if value is None or _is_nan(value)]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _names(chosen: Any, columns: list[str]) -> list[str]:
    """A ColumnTransformer's choice (names, positions, a slice or a mask) as names."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            start = columns.index(chosen.start) if chosen.start is not None else 0
            stop = columns.index(chosen.stop) + 1 if chosen.stop is not None else None
            return columns[start:stop]
        return columns[chosen]
    positions = np.arange(len(columns))
    wanted = np.atleast_1d(np.asarray(chosen))
    if wanted.dtype.kind in "iub":
        return [columns[i] for i in positions[wanted]]
    return [str(name) for name in wanted]
