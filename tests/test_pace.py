"""Batches grow under load, and who comes alone waits for nobody."""

import time

from serving.local.pace import ENOUGH, FIRST_MESSAGES, MOST_MESSAGES, PATIENCE, Pace


def test_the_first_batch_is_waited_for_by_nobody() -> None:
    pace = Pace(60)
    assert pace.expected == 1
    assert pace.until() < time.monotonic()


def test_a_batch_like_the_last_one_is_waited_for_twice_as_long_as_that_one_took() -> None:
    pace = Pace(60)
    pace.took(32, PATIENCE / 4)
    assert pace.expected == 32
    assert 0 < pace.until() - time.monotonic() <= PATIENCE / 2
    pace.took(32, 5.0)
    assert pace.until() - time.monotonic() <= PATIENCE


def test_more_than_enough_is_not_waited_for() -> None:
    pace = Pace(60)
    pace.took(10 * ENOUGH, 0.1)
    assert pace.expected == ENOUGH
    assert pace.most == 4 * FIRST_MESSAGES, "though as many are taken as there are"


def test_quick_batches_may_grow_and_slow_ones_shrink() -> None:
    pace = Pace(60)
    pace.took(FIRST_MESSAGES, 0.1)
    assert pace.most == 4 * FIRST_MESSAGES
    for _ in range(5):
        pace.took(pace.most, 0.1)
    assert pace.most == MOST_MESSAGES
    for _ in range(9):
        pace.took(pace.most, 10.0)
    assert pace.most == 1
