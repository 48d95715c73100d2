"""Compares two models that give labels: how often they agree, which become which, how sure each is."""

import json
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, isnan
from typing import Any

from pydantic_core import to_json

from commands.comparing.differences import TOP, Difference, LabelsCompared

SHOWN = 20
"""Labels of a confusion table, the joined ones among them."""
Chances = Mapping[str, float | None]
NONE = float("nan")
NOISE = 1e-9
"""Up to which the change of a probability is what another order of additions makes."""


@dataclass(slots=True)
class Labels:
    """Gathers one output of both models, row by row: a few numbers for each, whatever a row holds."""

    clusters: bool
    values: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    before: "array[int]" = field(default_factory=lambda: array("l"))
    after: "array[int]" = field(default_factory=lambda: array("l"))
    sure_before: "array[float]" = field(default_factory=lambda: array("d"))
    sure_after: "array[float]" = field(default_factory=lambda: array("d"))
    change: "array[float]" = field(default_factory=lambda: array("d"))
    total: float = 0.0
    cells: int = 0

    def add(self, before: Any, after: Any, chances_before: Chances | None, chances_after: Chances | None) -> bool:
        """One row more; whether the labels are equal."""
        codes = self._code(before), self._code(after)
        self.before.append(codes[0])
        self.after.append(codes[1])
        self.sure_before.append(_chance(chances_before, before))
        self.sure_after.append(_chance(chances_after, after))
        largest = 0.0
        if chances_before is not None and chances_after is not None:
            for label in chances_before.keys() | chances_after.keys():
                change = abs((chances_after.get(label) or 0.0) - (chances_before.get(label) or 0.0))
                largest = max(largest, change)
                self.total += change
                self.cells += 1
        self.change.append(largest)
        return codes[0] == codes[1]

    def compared(self, rows: Sequence[int]) -> LabelsCompared:
        """What was gathered; `rows` are the rows' numbers in the input."""
        pairs = Counter(zip(self.before, self.after, strict=True))
        equal = sum(count for (before, after), count in pairs.items() if before == after)
        labels, counts, joined = self._confusion(pairs)
        return LabelsCompared(
            compared=len(rows),
            equal=equal,
            labels=labels,
            counts=counts,
            joined=joined,
            probabilities=(self.total / self.cells, max(self.change)) if self.cells else None,
            adjusted_rand=adjusted_rand(pairs) if self.clusters else None,
            largest=[self._difference(place, rows[place]) for place in self._largest()],
        )

    def _code(self, value: Any) -> int:
        key = label_key(value)
        self.values.setdefault(key, value)
        return self.codes.setdefault(key, len(self.codes))

    def _largest(self) -> list[int]:
        """Places of the rows to show: those whose label changes first, then by how much a probability does."""
        import numpy as np

        same = np.asarray(self.before) == np.asarray(self.after)
        change = np.asarray(self.change)
        order = np.lexsort((-change, same))[:TOP]
        return [int(place) for place in order if not same[place] or change[place] > NOISE]

    def _difference(self, place: int, row: int) -> Difference:
        values = list(self.values.values())
        return Difference(
            row=row,
            before=values[self.before[place]],
            after=values[self.after[place]],
            sure_before=_number(self.sure_before[place]),
            sure_after=_number(self.sure_after[place]),
            difference=self.change[place] if self.cells else None,
        )

    def _confusion(self, pairs: Counter[tuple[int, int]]) -> tuple[list[str], list[list[int]], int]:
        """Names in their order, counts, and how many labels are joined in the last one."""
        seen: Counter[int] = Counter()
        for (before, after), count in pairs.items():
            seen[before] += count
            seen[after] += count
        keys = list(self.codes)
        most = [code for code, _ in seen.most_common(SHOWN if len(keys) <= SHOWN else SHOWN - 1)]
        shown = sorted(most, key=lambda code: _order(self.values[keys[code]]))
        joined = len(keys) - len(shown)
        places = {code: place for place, code in enumerate(shown)}
        width = len(shown) + bool(joined)
        counts = [[0] * width for _ in range(width)]
        for (before, after), count in pairs.items():
            counts[places.get(before, width - 1)][places.get(after, width - 1)] += count
        names = [label_name(self.values[keys[code]]) for code in shown]
        return [*names, *([f"{joined:,} others"] if joined else [])], counts, joined


def label_key(value: Any) -> str:
    """Tells labels apart as JSON does: "1" is not 1, but 1.0 is."""
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value, sort_keys=True)


def label_name(value: Any) -> str:
    """A label as people read it."""
    return value if isinstance(value, str) else label_key(value)


def adjusted_rand(pairs: Mapping[tuple[int, int], int]) -> float:
    """How far two clusterings agree, whatever their clusters are called: 1 the same, about 0 by chance."""
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (before, after), count in pairs.items():
        rows[before] += count
        columns[after] += count
    both = sum(comb(count, 2) for count in pairs.values())
    first, second = (sum(comb(count, 2) for count in side.values()) for side in (rows, columns))
    total = comb(sum(rows.values()), 2)
    expected = first * second / total if total else 0.0
    most = (first + second) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _chance(chances: Chances | None, label: Any) -> float:
    """The probability of a label under the key that a result gives it; NaN where there is none."""
    if chances is None:
        return NONE
    found = chances.get(label if isinstance(label, str) else to_json(label).decode().strip('"'))
    return NONE if found is None else found


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _order(value: Any) -> tuple[bool, float, str]:
    """Numbers by size before all other labels by name."""
    numeric = isinstance(value, int | float)
    return not numeric, float(value) if numeric else 0.0, label_name(value)
