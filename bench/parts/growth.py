"""Ever more records through `cli serve`, as arrays: what one costs, and the memory, should stay what they are."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import Load, Loaded, run
from bench.row import Goal, Row
from bench.serve import serving
from bench.setting import Setting

TITLE = "growth: µs of the service's CPU for a record, beside those of 10,000"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SLICE = 10_000
"""MAX_RECORDS: larger inputs are sent in slices."""
AT_ONCE = 4
ENOUGH = 50_000
"""Records: fewer are sent again and again, one array after the other, since CPU time is told in steps of 10 ms."""
MOST_ROUNDS = 3
GOAL = Goal(limit=1.15)


@dataclass(frozen=True, kw_only=True)
class Size:
    """So many records, as a load."""

    records: int
    slice: int
    enough: int

    @property
    def times(self) -> int:
        """How often they are sent."""
        return max(1, self.enough // self.records)

    @property
    def load(self) -> Load:
        slices = max(1, self.records // self.slice)
        return Load(clients=min(AT_ONCE, slices), posts=slices * self.times, array=min(self.records, self.slice))


def measure(setting: Setting, *, sizes: Sequence[int] = SIZES, slice: int = SLICE, enough: int = ENOUGH) -> list[Row]:
    """Each round has a service of its own, which meets the sizes in rising order: so its memory tells of each."""
    given = setting.records(slice)
    chosen = [Size(records=size, slice=slice, enough=enough) for size in sizes]
    found: dict[int, list[Loaded]] = {size: [] for size in sizes}
    rounds = min(MOST_ROUNDS, setting.rounds)
    for number in range(rounds):
        with serving(setting.model) as service:
            run(service.port, service.process.pid, Load(clients=1, posts=3, array=slice), given)
            for size in chosen:
                setting.say(f"growth: {size.records:,} records, round {number + 1} of {rounds}")
                found[size.records].append(run(service.port, service.process.pid, size.load, given))
    return [_row(size, found[size.records], found[slice]) for size in chosen]


def _row(size: Size, found: Sequence[Loaded], beside: Sequence[Loaded]) -> Row:
    return Row(
        name=f"{size.records:,} records",
        unit="µs",
        ours=[loaded.cpu_per_1000 * 1e3 for loaded in found],
        beside=[loaded.cpu_per_1000 * 1e3 for loaded in beside],
        goal=GOAL if size.records > size.slice else None,
        notes={
            "s by the clock": statistics.median(loaded.seconds for loaded in found) / size.times,
            "s of CPU": statistics.median(loaded.cpu_per_1000 for loaded in found) * size.records / 1e3,
            "MiB": statistics.median(loaded.peak_mib for loaded in found),
        },
    )
