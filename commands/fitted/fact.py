"""What one fitted step tells of one column, and how the facts of a column become what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from commands.fitted.column import Column, Kind


@dataclass(frozen=True, kw_only=True)
class Fact:
    """None stands for what the step does not tell."""

    kind: Kind | None = None
    categories: Sequence[Any] | None = None
    unknown_allowed: bool | None = None
    missing_allowed: bool | None = None
    gaps: bool = False
    low: float | None = None
    high: float | None = None
    guessed: bool = False
    typical: Any = None
    filled_with: Any = None  # what an imputer puts in the place of a gap

    @property
    def of_derived(self) -> "Fact":
        """What it tells of a column whose values were changed on the way: only what becomes of a gap."""
        return Fact(missing_allowed=self.missing_allowed)


STRONGEST: Sequence[Kind] = ("list", "text", "category", "boolean", "date", "number")


def column_of(name: str, position: int, facts: Sequence[Fact]) -> Column:
    """A column that no step tells of is not used."""
    column = Column(name=name, position=position, used=bool(facts))
    kinds = {fact.kind for fact in facts}
    bounded = sorted((f for f in facts if f.low is not None and f.high is not None), key=lambda fact: fact.guessed)
    gaps = [fact.missing_allowed for fact in facts if fact.missing_allowed is not None]
    column = replace(
        column,
        kind=next((kind for kind in STRONGEST if kind in kinds), "unknown"),
        missing_allowed=not facts or (bool(gaps) and all(gaps)),
        gaps=any(fact.gaps for fact in facts),
        typical=next((fact.typical for fact in facts if fact.typical is not None), None),
    )
    if bounded:
        column = replace(column, low=bounded[0].low, high=bounded[0].high, guessed=bounded[0].guessed)
    known = next((fact.categories for fact in facts if fact.categories is not None), None)
    if known is None:
        return column
    filler = next((fact.filled_with for fact in facts if fact.filled_with is not None), None)
    return replace(
        column,
        categories=[value for value in known if filler is None or value != filler],
        filler=filler,
        unknown_allowed=all(fact.unknown_allowed is not False for fact in facts),
    )
