"""What the drill on AWS asks for: the same requests, more that are lethal, and some too large for a message."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from bench.drill.plan import ROWS, Ask, Plan

DEEDS = {"hang": 1000, "exit": 1000, "segfault": 1000, "memory": 1000}
"""One request in so many ends the process that predicts it; one of each kind at least."""
LARGE = {2_000: 400, 40_000: 1000}
"""Records of an array whose result, or its message too, travels through the payload bucket: one request in so many."""


@dataclass(frozen=True)
class AwsPlan(Plan):
    """All requests of a drill."""

    def __getitem__(self, place: int) -> Ask:
        ask = super().__getitem__(place)
        rows = self.large.get(place)
        if rows is None:
            return ask
        rng = random.Random(f"{self.seed}-large-{place}")
        first = (self.count + place) * ROWS * max(LARGE)  # beyond all other numbers
        records = tuple({"number": first + row, "x": rng.gauss(0, 1), "deed": "none"} for row in range(rows))
        return replace(ask, records=records, many=True, invalid=False, cancelled=False)

    @cached_property
    def large(self) -> Mapping[int, int]:
        """Where in the drill how many records are sent at once."""
        rng = random.Random(f"{self.seed}-rows")
        rows = [count for count, each in LARGE.items() for _ in range(max(1, self.count // each))]
        free = [place for place in range(self.count // 10, self.count * 9 // 10) if place not in self._lethal]
        return dict(zip(rng.sample(free, len(rows)), rows, strict=True))

    @cached_property
    def _lethal(self) -> Mapping[int, str]:
        rng = random.Random(f"{self.seed}-lethal")
        deeds = [deed for deed, each in DEEDS.items() for _ in range(max(1, self.count // each))]
        places = range(self.count // 10, self.count * 6 // 10)  # the longest is over before the clients are
        return dict(zip(rng.sample(places, len(deeds)), deeds, strict=True))
