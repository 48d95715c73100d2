"""Decides what a field is: from what the Pipeline tells of its column, and what the data do."""

from dataclasses import replace
from typing import Any

from commands.fitted.column import Column
from commands.scaffold import bounds
from commands.scaffold.field import Base, Field, choice_of
from commands.scaffold.names import title_of
from commands.scaffold.summary import Summary

FEW = 20
"""Distinct texts that are taken for choices where no encoder tells."""
MANY = 100
"""Categories over which a field takes any text, if the model takes others."""
TEXT_LENGTH = 10_000
WORDS = 1_000
"""Limits where there are no data."""
BOUNDS = "bounds are guessed"
LENGTH = "max_length is guessed"
TYPE = "type is guessed"
CHOICES = "choices are those of the data"
OPEN = "the model knows only some values"
UNKNOWN = "the model does not know all choices"
UNUSED = "the model does not use it"
MISSING = "the data have gaps, and the model takes none"


def decide(column: Column, name: str, summary: Summary | None, *, dates: bool = True, words: Any = ()) -> Field:
    """`dates`: whether texts that look like dates are; `words`: some that a vectorizer knows."""
    title, units = title_of(column.name, column.position)
    field = Field(column=column.name, name=name, base="float", title=title, units=units)
    if summary is not None and summary.held == "nothing":
        summary = None
    field = _typed(field, column, summary, dates)
    field = replace(field, optional=_optional(column, summary))
    if not column.used:
        marks = [mark for mark in field.marks if mark != CHOICES]
        field = replace(field, marks=[*marks, UNUSED])
    if summary is None and field.example is None:
        field = replace(field, example=_example(field, words))
    return field


def _optional(column: Column, summary: Summary | None) -> bool:
    """Where there are data, their gaps decide: an imputer is put on whole columns too, and who forgets a value of such
    a one wants to be told."""
    return not column.used or (column.gaps if summary is None else summary.missing > 0)


def _typed(  # noqa: PLR0911  # one for each type
    field: Field, column: Column, summary: Summary | None, dates: bool
) -> Field:
    if column.kind in {"text", "list"}:
        return _text(field, "str" if column.kind == "text" else "list[str]", summary)
    if column.categories:
        return _choices(field, column, summary)
    if column.kind == "boolean" or (summary is not None and summary.held == "bool"):
        return replace(field, base="bool")
    if summary is None and not column.used:
        return replace(_text(field, "str", None), marks=[TYPE])
    if summary is None:
        field = _number(field, column, None)
        return field if column.kind == "number" else replace(field, marks=[*field.marks, TYPE])
    if summary.held in {"int", "float"}:
        return _number(field, column, summary)
    if dates and summary.held in {"date", "datetime"}:
        return replace(field, base="date" if summary.held == "date" else "datetime")
    if summary.held == "list":
        return _text(field, "list[str]", summary)
    few = summary.distinct is not None and len(summary.distinct) <= min(FEW, summary.present // 5)
    if few and summary.distinct is not None and all(isinstance(value, str) for value in summary.distinct):
        return replace(field, base="Literal", choices=summary.distinct, marks=[CHOICES])
    return _text(field, "str", summary)


def _text(field: Field, base: Base, summary: Summary | None) -> Field:
    if summary is None:
        return replace(field, base=base, max_length=TEXT_LENGTH if base == "str" else WORDS, marks=[LENGTH])
    return replace(field, base=base, max_length=bounds.longest(summary.longest))


def _number(field: Field, column: Column, summary: Summary | None) -> Field:
    """The data's bounds, else a scaler's, else wide ones."""
    if summary is not None and summary.low is not None and summary.high is not None:
        return _ranged(field, summary.low, summary.high, whole=summary.held == "int")
    typical = column.typical if isinstance(column.typical, int | float) else None
    if column.low is None or column.high is None:
        reach = max(bounds.WIDE, 10 * abs(typical or 0))
        low, high = bounds.widened(-reach / 1.5, reach / 1.5)
        return replace(field, low=low, high=high, example=bounds.near(typical or 0, low, high), marks=[BOUNDS])
    low, high = bounds.widened(column.low, column.high) if not column.guessed else _rounded(column.low, column.high)
    typical = bounds.middle(column.low, column.high) if typical is None else typical
    marks = [BOUNDS] if column.guessed else []
    return replace(field, low=low, high=high, example=bounds.near(typical, low, high), marks=marks)


def _ranged(field: Field, low: float, high: float, *, whole: bool) -> Field:
    base: Base = "int" if whole and bounds.fits_whole(low, high) else "float"
    low, high = bounds.widened_whole(int(low), int(high)) if base == "int" else bounds.widened(float(low), float(high))
    return replace(field, base=base, low=low, high=high)


def _rounded(low: float, high: float) -> tuple[float, float]:
    """A guess is wide already: widened a little, to round numbers."""
    inset = (high / 2 - low / 2) * bounds.WIDENED
    return bounds.widened(low + inset, high - inset) if high > low else bounds.widened(low, high)


def _choices(field: Field, column: Column, summary: Summary | None) -> Field:  # noqa: PLR0911  # one for each type
    known = list(column.categories or ())
    if summary is not None and column.filler in (summary.distinct or ()):
        known.append(column.filler)
    if all(isinstance(value, bool) for value in known):
        return replace(field, base="bool")
    if any(isinstance(value, float) and not value.is_integer() for value in known):
        low, high = float(min(known)), float(max(known))
        return replace(field, base="float", low=low, high=high, example=known[0], marks=[OPEN])
    if column.kind == "date":
        return replace(field, base="datetime")
    known = [int(value) if isinstance(value, float) else value for value in known]
    extra: list[Any] = []
    if summary is not None and column.unknown_allowed:
        distinct = summary.distinct
        extra = [v for v in distinct or () if choice_of(v, known) not in known and isinstance(v, str | int)]
        unlike = distinct is None or len(distinct) > max(FEW, summary.present / 4)
        if unlike or len(known) + len(extra) > MANY:
            return _any_value(field, column, summary)
    elif column.unknown_allowed and len(known) > MANY:
        return _any_value(field, column, summary)
    if not extra:
        return replace(field, base="Literal", choices=known)
    every = [*known, *extra]
    ordered = sorted(every) if known == sorted(known, key=str) and all(isinstance(v, str) for v in every) else every
    return replace(field, base="Literal", choices=ordered, marks=[UNKNOWN])


def _any_value(field: Field, column: Column, summary: Summary | None) -> Field:
    """So many categories that there will be others; the model takes them."""
    known = list(column.categories or ())
    if all(isinstance(value, str) for value in known):
        length = max([summary.longest if summary else 0, *map(len, known)])
        return replace(field, base="str", max_length=bounds.longest(length), example=known[0])
    numbers = [
        value for value in [*known, *((summary.distinct or ()) if summary else ())] if not isinstance(value, str)
    ]
    whole = all(float(value).is_integer() for value in numbers)
    return replace(_ranged(field, min(numbers), max(numbers), whole=whole), example=known[0])


def _example(field: Field, words: Any) -> Any:
    if field.base == "Literal":
        return field.choices[0]
    if field.base == "list[str]":
        return list(words[:3]) or ["some", "words"]
    plain = {"str": "Some text", "bool": False, "date": "2026-01-31", "datetime": "2026-01-31T12:00:00"}
    return plain.get(field.base)
