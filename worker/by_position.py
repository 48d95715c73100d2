"""A ColumnTransformer's work by position: on an array it takes a third of the time that it does on a DataFrame.

Most of a small batch's time scikit-learn asks what a DataFrame is, of which type each column, whom to call and how.
Its transformers take arrays just as well, and remember names only to compare them: here all that is settled when the
model is loaded.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.pipeline import Pipeline

from worker.columns import Kind

_PLAIN = {Kind.INT, Kind.FLOAT, Kind.BOOL, Kind.OBJECT}
"""Kinds whose values an array of objects holds as they are."""
_SCALERS = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}
_ENCODERS = {"OneHotEncoder", "OrdinalEncoder"}
_OF_NUMBERS = {"mean", "median"}
"""Strategies of an imputer after which an array of objects has become one of numbers, as a DataFrame's columns are."""


class ByPosition:
    """A fitted ColumnTransformer's transformers, one after the other, and what it makes of their outputs."""

    def __init__(self, parts: Sequence[tuple[Sequence[Any], Sequence[int]]], *, sparse: bool) -> None:
        """`parts`: the steps of each transformer, and the positions of its columns."""
        self._parts = parts
        self._sparse = sparse

    def transform(self, rows: np.ndarray[Any, Any]) -> Any:
        """The output for an array of objects, rows by columns. Raises whatever a step raises."""
        outputs: list[Any] = []
        for steps, places in self._parts:
            output: Any = rows[:, places]
            for step in steps:
                output = step.transform(output)
            outputs.append(output)
        if self._sparse:
            return sparse.hstack(outputs).tocsr()
        return np.hstack([output.toarray() if sparse.issparse(output) else output for output in outputs])


def by_position(transformer: Any, columns: Mapping[str, Kind]) -> ByPosition | None:
    """The transformer for an array of objects with these columns, in their order; None where it might differ."""
    names = list(columns)
    if list(getattr(transformer, "feature_names_in_", [])) != names or not _is(transformer, {"ColumnTransformer"}):
        return None
    if not {*columns.values()} <= _PLAIN or get_config()["transform_output"] != "default":
        return None
    if transformer.transformer_weights:
        return None
    positions = {name: place for place, name in enumerate(names)}
    parts: list[tuple[Sequence[Any], list[int]]] = []
    for _, part, chosen in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        places = _places(chosen, positions)
        if not places or not _takes(part, [columns[names[place]] for place in places]):
            return None
        parts.append((_steps(part), places))
    return ByPosition(parts, sparse=transformer.sparse_output_) if parts else None


def same(one: Any, other: Any) -> bool:
    """Whether two outputs of a transformer are the same to the bit, and in memory."""
    if getattr(one, "format", "") == getattr(other, "format", "") == "csr" and type(one) is type(other):
        pairs = [(getattr(one, name), getattr(other, name)) for name in ("data", "indices", "indptr")]
        return one.shape == other.shape and all(same(*pair) for pair in pairs)
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return False
    alike = (one.dtype, one.shape, one.flags.f_contiguous) == (other.dtype, other.shape, other.flags.f_contiguous)
    return alike and one.dtype.kind in "fiu" and one.tobytes() == other.tobytes()


def _is(transformer: Any, kinds: set[str]) -> bool:
    """One of scikit-learn's own of these names, which gives arrays."""
    kind = type(transformer)
    own = kind.__name__ in kinds and kind.__module__.partition(".")[0] == "sklearn"
    return own and not getattr(transformer, "_sklearn_output_config", None)


def _places(columns: Any, positions: Mapping[str, int]) -> list[int] | None:
    """Of a list of names, or of positions; None for any other way to choose columns."""
    if isinstance(columns, str | slice) or not np.iterable(columns):
        return None
    chosen = list(columns)
    if all(isinstance(each, str) for each in chosen):
        return [positions[each] for each in chosen] if chosen and positions.keys() >= set(chosen) else None
    whole = all(isinstance(each, int | np.integer) and not isinstance(each, bool | np.bool_) for each in chosen)
    return [int(each) for each in chosen] if whole and all(each >= 0 for each in chosen) else None


def _takes(part: Any, kinds: Sequence[Kind]) -> bool:
    """Whether what first meets the columns makes the same of them. What follows is given its arrays either way."""
    if isinstance(part, Pipeline):
        return _is(part, {"Pipeline"}) and _takes(part.steps[0][1], kinds)
    if getattr(part, "copy", True) is False:  # writes into a DataFrame where its columns stand together
        return False
    if set(kinds) <= {Kind.INT, Kind.FLOAT}:
        return _is(part, _SCALERS) or (_is(part, {"SimpleImputer"}) and part.strategy in _OF_NUMBERS)
    if set(kinds) == {Kind.OBJECT}:
        return _is(part, _ENCODERS) or (_is(part, {"SimpleImputer"}) and part.strategy not in _OF_NUMBERS)
    return False


def _steps(part: Any) -> list[Any]:
    """What is asked in turn; the first without the names, which it would miss in an array."""
    if isinstance(part, Pipeline):
        first, *rest = [step for _, step in part.steps]
        return [*_steps(first), *(step for step in rest if step is not None and step != "passthrough")]
    found = copy.copy(part)
    found.__dict__.pop("feature_names_in_", None)
    return [found]
