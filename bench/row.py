"""Row, a line of the table: what was measured round by round, what it stands beside, and what it should be."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a ratio, or a difference, may be: at most, or at least."""

    limit: float
    at_least: bool = False

    def holds(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit


@dataclass(frozen=True, kw_only=True)
class Row:
    """Figures of each round in turn. `beside` is the floor or the rival, measured in the same rounds."""

    name: str
    unit: str
    ours: Sequence[float]
    beside: Sequence[float] = field(default_factory=list)
    difference: bool = False
    """Compared by `ours - beside`, not by `ours / beside`."""
    goal: Goal | None = None
    notes: Mapping[str, float] = field(default_factory=dict)
    """What else was seen, by its name and unit."""

    @property
    def compared(self) -> list[float]:
        """The ratio or difference of each round, where both met the same machine."""
        pairs = zip(self.ours, self.beside, strict=True) if self.beside else ()
        return [one - other if self.difference else one / other for one, other in pairs]

    @property
    def figure(self) -> float | None:
        """The median of `compared`; None when there is nothing beside it."""
        return statistics.median(self.compared) if self.beside else None

    @property
    def spread(self) -> float:
        """From the least to the most of what is compared, or of ours alone, as a part of the median."""
        values = self.compared or self.ours
        return (max(values) - min(values)) / abs(statistics.median(values) or 1.0)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal is None or self.figure is None else self.goal.holds(self.figure)

    def to_json(self) -> dict[str, Any]:
        """Every figure, and what follows from them."""
        medians = {"figure": self.figure, "spread": self.spread, "met": self.met}
        return {**asdict(self), **medians}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Row":
        """What `to_json` wrote."""
        given = {key: value for key, value in written.items() if key in cls.__dataclass_fields__}
        return cls(**{**given, "goal": written["goal"] and Goal(**written["goal"])})


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a part of the suite has found."""

    title: str
    rows: Sequence[Row]
    busy: float = 0.0
    """What part of the processors was taken by others just before."""

    def to_json(self) -> dict[str, Any]:
        """Every figure."""
        return {"title": self.title, "rows": [row.to_json() for row in self.rows], "busy": self.busy}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Found":
        """What `to_json` wrote."""
        rows = [Row.from_json(row) for row in written["rows"]]
        return cls(title=written["title"], rows=rows, busy=written["busy"])
