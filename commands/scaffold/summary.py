"""What the training data tell of one column."""

import ast
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from commands.fitted.values import is_gap, native

Held = Literal["int", "float", "bool", "str", "list", "date", "datetime", "mixed", "nothing"]
DISTINCT = 1_000
"""Values that are kept; a column with more is no choice."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`values` are the rows as JSON values, None for a gap; `distinct` is None where there are too many."""

    held: Held
    values: Sequence[Any]
    missing: int
    distinct: Sequence[Any] | None
    low: float | None = None
    high: float | None = None
    longest: int = 0
    infinite: int = 0

    @property
    def present(self) -> int:
        return len(self.values) - self.missing


def summary_of(series: "pd.Series[Any]", *, lists: bool = False) -> Summary:
    """With `lists`, texts that are written as Python's or JSON's lists are read as such."""
    values = _numbers(series) if series.dtype.kind in "biuf" else [_plain(value) for value in series]
    if lists:
        values = [_listed(value) for value in values]
    present = [value for value in values if value is not None]
    held = _held(present)
    infinite = 0
    low = high = None
    if held in {"int", "float"}:
        finite = [value for value in present if math.isfinite(value)]
        infinite = len(present) - len(finite)
        low, high = (min(finite), max(finite)) if finite else (0, 0)
    return Summary(
        held=held,
        values=values,
        missing=len(values) - len(present),
        distinct=_distinct(present) if held != "list" else None,
        low=low,
        high=high,
        longest=max((len(value) for value in present if isinstance(value, str | list)), default=0),
        infinite=infinite,
    )


def _numbers(series: "pd.Series[Any]") -> list[Any]:
    return [None if value != value else value for value in series.tolist()]  # noqa: PLR0124  # NaN is unlike itself


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return [str(native(item)) for item in value]
    return None if is_gap(value) else native(value)


def _listed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("["):
        try:
            found = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
        return [str(item) for item in found]
    return value


def _held(present: Sequence[Any]) -> Held:
    types = set(map(type, present))
    if types == {int, float}:
        return "float"
    if len(types) != 1:
        return "mixed" if types else "nothing"
    names: dict[type, Held] = {bool: "bool", int: "int", float: "float", str: "str", list: "list"}
    held = names.get(types.pop(), "mixed")
    if held != "str":
        return held
    if all(_DAY.fullmatch(value) for value in present):
        return "date"
    return "datetime" if all(_DAY.fullmatch(value) or _MOMENT.fullmatch(value) for value in present) else "str"


def _distinct(present: Iterable[Any]) -> list[Any] | None:
    found = dict.fromkeys(present)
    if len(found) > DISTINCT:
        return None
    try:
        return sorted(found)
    except TypeError:  # of several types
        return sorted(found, key=str)
