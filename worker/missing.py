"""Which marker the fitted transformers take for a missing value in an object column: None or NaN.

To an imputer or encoder that was fitted with one of them, the other is an unknown category or no gap at all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

NAN = float("nan")
Decision = tuple[str, float | None]


def missing_markers(pipeline: Any, columns: Sequence[str]) -> dict[str, float | None]:
    """The marker of every column that a fitted step decides; NaN, as pandas reads files, holds for the others.

    What an encoder has seen is proof of what the training data held; an imputer only says what it would look for.
    """
    markers: dict[str, float | None] = {}
    for attribute in ("categories_", "missing_values"):
        for column, marker in _decisions(pipeline, list(columns), attribute):
            markers.setdefault(column, marker)
    return markers


def _decisions(estimator: Any, columns: list[str], attribute: str) -> Iterator[Decision]:
    if hasattr(estimator, "steps"):  # a Pipeline: its steps in turn, for as long as the columns stay the same
        for _, step in estimator.steps:
            if getattr(step, "n_features_in_", len(columns)) != len(columns):
                return
            yield from _decisions(step, columns, attribute)
    elif hasattr(estimator, "transformers_"):  # a ColumnTransformer
        for _, transformer, chosen in estimator.transformers_:
            yield from _decisions(transformer, chosen_names(chosen, columns), attribute)
    elif hasattr(estimator, "transformer_list"):  # a FeatureUnion
        for _, transformer in estimator.transformer_list:
            yield from _decisions(transformer, columns, attribute)
    elif attribute == "categories_":  # an encoder
        for column, categories in zip(columns, getattr(estimator, "categories_", ()), strict=False):
            yield from ((column, marker) for marker in _markers(categories))
    elif hasattr(estimator, "missing_values"):  # an imputer
        yield from ((column, marker) for marker in _markers([estimator.missing_values]) for column in columns)


def _markers(values: Any) -> list[float | None]:
    """Those of the values that stand for a missing one."""
    return [None if value is None else NAN for value in values if value is None or _is_nan(value)]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def chosen_names(chosen: Any, columns: list[str]) -> list[str]:
    """A ColumnTransformer's choice (names, positions, a slice or a mask) as names."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            start = columns.index(chosen.start) if chosen.start is not None else 0
            stop = columns.index(chosen.stop) + 1 if chosen.stop is not None else None
            return columns[start:stop]
        return columns[chosen]
    wanted = np.atleast_1d(np.asarray(chosen))
    if wanted.dtype.kind in "iub":
        return [columns[i] for i in np.arange(len(columns))[wanted]]
    return [str(name) for name in wanted]
