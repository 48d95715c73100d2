"""What a drill asks for: every request follows from the seed and its place, so that a drill can be held again."""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.drill.model import Record

ROWS = 16
"""Records in an array, at most; a request's numbers begin at its place times this."""
LETHAL = {"hang": 0.00003, "exit": 0.00005, "segfault": 0.00005, "memory": 0.00003}
"""How many of the requests end the process that predicts them; one of each kind at least."""
POISON, SLOW = 0.015, 0.002
KEYED, REPLAYED, WAITED, CANCELLED, ARRAYS, INVALID = 0.6, 0.03, 0.03, 0.01, 0.05, 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One POST, and what its client does besides."""

    place: int
    records: tuple[Record, ...]
    many: bool
    invalid: bool  # to be refused with 422
    key: str | None  # its Idempotency-Key
    replayed: bool  # sent once more under the same key when it is accepted
    waited: bool  # with Prefer: wait
    cancelled: bool  # deleted as soon as it is accepted

    @property
    def body(self) -> bytes:
        return json.dumps(self.records if self.many else self.records[0]).encode()

    @property
    def headers(self) -> Mapping[str, str]:
        own = {"Content-Type": "application/json"}
        if self.key is not None:
            own["Idempotency-Key"] = self.key
        if self.waited:
            own["Prefer"] = "wait=1"
        return own


@dataclass(frozen=True)
class Plan:
    """All requests of a drill."""

    seed: int
    count: int

    def __getitem__(self, place: int) -> Ask:
        rng = random.Random(f"{self.seed}-{place}")
        deed = self._lethal.get(place) or _deed(rng)
        lethal = deed in LETHAL
        many = not lethal and rng.random() < ARRAYS
        rows = rng.randint(2, ROWS) if many else 1
        odd = rng.randrange(rows)  # the row that has the deed
        invalid = not lethal and rng.random() < INVALID
        keyed = rng.random() < KEYED
        return Ask(
            place=place,
            records=tuple(
                {
                    "number": place * ROWS + row,
                    "x": "no number" if invalid and row == odd else round(rng.gauss(0, 1), 6),
                    "deed": deed if row == odd else "none",
                }
                for row in range(rows)
            ),
            many=many,
            invalid=invalid,
            key=f"drill-{self.seed}-{place}" if keyed else None,
            replayed=keyed and rng.random() < REPLAYED / KEYED,
            waited=not lethal and rng.random() < WAITED,
            cancelled=not lethal and rng.random() < CANCELLED,
        )

    @cached_property
    def _lethal(self) -> Mapping[int, str]:
        rng = random.Random(f"{self.seed}-lethal")
        deeds = [deed for deed, share in LETHAL.items() for _ in range(max(1, round(share * self.count)))]
        return dict(zip(rng.sample(range(self.count // 10, self.count * 9 // 10), len(deeds)), deeds, strict=True))


def requests_for(predictions: int) -> int:
    """How many requests there must be, so that at least so many are accepted."""
    return math.ceil(predictions / (1 - INVALID) + 4 * math.sqrt(predictions * INVALID))


def _deed(rng: random.Random) -> str:
    chance = rng.random()
    if chance < POISON:
        return "poison"
    return "slow" if chance < POISON + SLOW else "none"
