"""The benchmarks' rows, their table and their picture: figures that are given, not measured."""

import json
from pathlib import Path

import pytest

from bench.parts import cold
from bench.picture import draw, reach
from bench.row import Found, Goal, Row
from bench.table import disturbed, missed, table

IDLE = Row(name="one idle prediction", unit="ms", ours=[9.0, 8.0, 12.0], beside=[6.0, 6.5, 6.0], difference=True)
ARRAYS = Row(
    name="arrays of 5,000, 128 clients",
    unit="/s",
    ours=[128_000.0, 64_000.0],
    beside=[100_000.0, 100_000.0],
    goal=Goal(limit=0.6, at_least=True),
    notes={"p50 ms": 1234.5, "p99 ms": 12_345.6, "CPU s per 1,000": 0.0123, "MiB": 1234.0},
)
ALONE = Row(name="enqueue, 100 at once", unit="µs", ours=[5.0, 4.0, 6.0])


def test_a_ratio_is_the_median_of_those_within_a_round() -> None:
    row = Row(name="a", unit="ms", ours=[10.0, 40.0, 33.0], beside=[10.0, 20.0, 30.0])
    assert row.compared == [1.0, 2.0, 1.1]
    assert row.figure == 1.1
    assert row.spread == pytest.approx((2.0 - 1.0) / 1.1)


def test_a_difference_is_taken_within_a_round_too() -> None:
    assert IDLE.compared == [3.0, 1.5, 6.0]
    assert IDLE.figure == 3.0


def test_what_stands_beside_nothing_has_no_ratio_but_a_spread() -> None:
    assert ALONE.figure is None
    assert ALONE.met is None
    assert ALONE.spread == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("goal", "met", "used"),
    [
        (Goal(limit=1.1), True, 1.0),
        (Goal(limit=1.0), False, 1.1),
        (Goal(limit=1.1, at_least=True), True, 1.0),
        (Goal(limit=2.2, at_least=True), False, 2.0),
    ],
)
def test_a_goal_is_a_most_or_a_least(goal: Goal, met: bool, used: float) -> None:
    row = Row(name="a", unit="ms", ours=[11.0], beside=[10.0], goal=goal)
    assert row.met is met
    assert reach(row) == pytest.approx(used)


def found() -> list[Found]:
    over = Row(name="an array of 10,000 records", unit="ms", ours=[104.0], beside=[41.0], goal=Goal(limit=1.2))
    grown = [
        Row(
            name=f"{count:,} records",
            unit="µs",
            ours=[25.0],
            beside=[26.0],
            notes={"s by the clock": count / 40_000, "s of CPU": count / 40_000, "MiB": 300.0},
        )
        for count in (1_000, 1_000_000)
    ]
    return [
        Found(title="served: results a second", rows=[IDLE, ARRAYS, over, ALONE]),
        Found(title="growth: µs for a record", rows=grown, busy=0.25),
    ]


def test_a_row_is_the_same_after_its_way_through_json() -> None:
    for part in found():
        assert Found.from_json(json.loads(json.dumps(part.to_json()))) == part


def test_the_table_fits_80_columns_and_says_which_goals_are_met() -> None:
    lines = table(found()).splitlines()
    assert max(map(len, lines)) <= 80
    (arrays,) = [line for line in lines if "5,000, 128" in line]
    assert " ".join(arrays.split()) == "arrays of 5,000, 128 clients 96,000 /s 100,000 0.96 67% ✓ ≥ 0.60"
    (idle,) = [line for line in lines if "idle" in line]
    assert "+3.00" in idle
    assert missed(found()) == ["served, an array of 10,000 records: 2.54, and the goal is ≤ 1.20."]


@pytest.mark.parametrize("parts", [slice(0, 1), slice(0, 2)], ids=["goals alone", "goals and growth"])
def test_the_picture_is_drawn_with_and_without_growth(tmp_path: Path, parts: slice) -> None:
    path = tmp_path / "bench.svg"
    draw(path, found()[parts])
    assert path.read_text().startswith("<?xml")


def test_a_busy_machine_is_said() -> None:
    assert "up to 25%" in disturbed(found())
    assert not disturbed(found()[:1])


def test_each_cold_start_stands_beside_each_of_its_floors() -> None:
    def runs(*seconds: float) -> list[dict[str, dict[str, float]]]:
        return [{"answered": {"cpu_seconds": each}} for each in seconds]

    written = {
        "summary": {
            "API floor": {"ratios": {}, "peak_mib": 70.0},
            "API": {"ratios": {"API floor": 1.1}, "peak_mib": 78.0},
            "worker floor": {"ratios": {}, "peak_mib": 150.0},
            "worker": {"ratios": {"worker floor": 1.0, "floor + clients": 0.9}, "peak_mib": 190.0},
        },
        "runs": {
            "API floor": runs(0.4, 0.5),
            "API": runs(0.44, 0.6),
            "worker floor": runs(1.0, 1.0),
            "floor + clients": runs(2.0, 2.0),
            "worker": runs(1.0, 1.2),
        },
    }
    api, worker, clients = cold.rows(written)
    assert api.figure == pytest.approx(1.15)
    assert api.met is False
    assert worker.figure == pytest.approx(1.1)
    assert clients.figure == pytest.approx(0.55)
    assert clients.goal is None
