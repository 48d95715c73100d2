"""Which limit is met first, and how far away it is."""

import pytest

from commands.costs.limits import Limit, limits
from tests.costs.estimating import bill


def found(per_month: int, **changes: object) -> dict[str, Limit]:
    """The limits by what they limit, in their order."""
    made = bill(per_month, **changes)
    return {limit.what: limit for limit in limits(made.course, made.counts)}


def test_the_gateway_lets_its_throttle_in_at_a_peak() -> None:
    first = next(iter(found(1_000_000).values()))
    assert first.set_by == "THROTTLE_RATE"
    # Three calls a prediction, at ten times the average of thirty days.
    assert first.average == pytest.approx(3_000_000 / 30 / 86_400)
    assert first.peak == pytest.approx(10 * first.average)
    assert first.headroom == pytest.approx(100 * 30 * 86_400 / 30_000_000)
    assert first.headroom_of_average == pytest.approx(10 * 8.64)


def test_the_tightest_comes_first() -> None:
    rooms = [limit.headroom or 0 for limit in found(50_000_000, records=10).values()]
    assert rooms == sorted(rooms)
    assert len(rooms) == 12


@pytest.mark.parametrize(
    ("per_month", "changes", "set_by"),
    [
        (1_000_000, {"THROTTLE_BURST": 50}, "THROTTLE_BURST"),
        (1_000_000, {"THROTTLE_RATE": 10_000, "THROTTLE_BURST": 10_000, "WORKER_CONCURRENCY": 2}, "WORKER_CONCURRENCY"),
        (1_000_000, {"records": 1000}, "MAX_RECORDS"),
        (1_000_000, {"records": 1000, "record_bytes": 4100}, "MAX_RECORDS"),
        (1_000_000, {"records": 900, "record_bytes": 4600}, "MAX_BODY"),
        (1_000_000, {"records": 100, "MAX_RESULT": 15_000}, "MAX_RESULT"),
    ],
)
def test_each_can_be_the_first(per_month: int, changes: dict[str, object], set_by: str) -> None:
    assert next(iter(found(per_month, **changes).values())).set_by == set_by


def test_workers_predict_full_batches_side_by_side() -> None:
    limit = found(1_000_000)["requests a second"]
    # Ten messages: 5.5 ms and 1.51 ms each, and their answers written at the same time.
    assert limit.most == pytest.approx(10 * 10 / (0.0055 + 10 * 0.00151 + 0.010))
    assert found(1_000_000, WORKER_CONCURRENCY=20)["requests a second"].most == pytest.approx(2 * limit.most)


def test_lambdas_at_work_are_those_of_the_api_and_at_most_so_many_workers() -> None:
    limit = found(5_000_000_000)["Lambdas at work"]
    post, get = 0.00301 * 1769 / 1024 + 0.020, 0.003 * 1769 / 1024 + 0.010
    rate = 5_000_000_000 / 30 / 86_400
    assert limit.average == pytest.approx(rate * (post + 2 * get) + 10)
    assert limit.most == 1000


def test_beyond_a_limit_the_headroom_is_below_one() -> None:
    first = next(iter(found(100_000_000).values()))
    assert first.headroom is not None
    assert first.headroom_of_average is not None
    assert first.headroom < 1
    assert first.headroom_of_average < 1


def test_nothing_meets_no_limit_that_grows() -> None:
    assert all(limit.headroom is None for limit in found(0).values() if limit.grows)
