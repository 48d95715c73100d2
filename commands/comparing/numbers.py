"""Compares two models that give numbers: how far apart they are, and where the most."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commands.comparing.differences import TOP, Difference, NumbersCompared

if TYPE_CHECKING:
    import numpy as np

CLOSE = 1e-9
"""Relative difference up to which two numbers are equal: what another order of additions makes."""
NONE = float("nan")


@dataclass(slots=True)
class Numbers:
    """Gathers one output of both models, row by row."""

    before: "array[float]" = field(default_factory=lambda: array("d"))
    after: "array[float]" = field(default_factory=lambda: array("d"))
    equal: int = 0

    def add(self, before: Any, after: Any, *_: object) -> bool:
        """One row more; whether the numbers are equal, as two nulls are."""
        self.before.append(NONE if before is None else before)
        self.after.append(NONE if after is None else after)
        same = before == after
        if not same and before is not None and after is not None:
            same = abs(after - before) <= CLOSE * max(abs(before), abs(after))
        self.equal += same
        return bool(same)

    def compared(self, rows: Sequence[int]) -> NumbersCompared:
        """What was gathered; `rows` are the rows' numbers in the input."""
        import numpy as np

        before, after = np.asarray(self.before), np.asarray(self.after)
        with np.errstate(over="ignore", invalid="ignore"):
            difference = after - before
            size = np.abs(difference)
            both = np.isfinite(size)
            size_of_both = size[both]
            some = bool(both.any())
            return NumbersCompared(
                compared=len(rows),
                equal=self.equal,
                nulls=int((np.isnan(before) | np.isnan(after)).sum()),
                mean_absolute=_finite(size_of_both.mean()) if some else None,
                root_mean_square=_finite(np.sqrt((size_of_both**2).mean())) if some else None,
                largest_absolute=_finite(size_of_both.max()) if some else None,
                correlation=_correlation(before[both], after[both]),
                mean_before=_finite(before[both].mean()) if some else None,
                mean_after=_finite(after[both].mean()) if some else None,
                before=self.before,
                after=self.after,
                largest=self._largest(size, rows),
            )

    def _largest(self, size: "np.ndarray[Any, Any]", rows: Sequence[int]) -> list[Difference]:
        """A row where only one model gives a number differs most of all."""
        import numpy as np

        one = np.isnan(np.asarray(self.before)) != np.isnan(np.asarray(self.after))
        rank = np.where(one, np.inf, np.nan_to_num(size, nan=0.0))
        places = [int(place) for place in np.argsort(-rank, kind="stable")[:TOP] if rank[place] > 0]
        return [
            Difference(
                row=rows[place],
                before=_finite(self.before[place]),
                after=_finite(self.after[place]),
                difference=_finite(self.after[place] - self.before[place]),
            )
            for place in places
        ]


def _correlation(before: "np.ndarray[Any, Any]", after: "np.ndarray[Any, Any]") -> float | None:
    import numpy as np

    if len(before) < 2 or not np.ptp(before) or not np.ptp(after):
        return None
    return _finite(np.corrcoef(before, after)[0, 1])


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if number - number == 0 else None  # neither NaN nor infinite
