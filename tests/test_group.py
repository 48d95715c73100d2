"""Calls that wait together are made together: in the event loop where that takes no waiting, else in a thread."""

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from app.group import Group


def doubled(numbers: Sequence[int]) -> list[int]:
    return [2 * number for number in numbers]


async def each(group: Group[int, Any], numbers: Sequence[int]) -> list[Any]:
    return await asyncio.gather(*map(group, numbers), return_exceptions=True)


@pytest.mark.parametrize("at_once", [doubled, lambda numbers: None], ids=["at once", "in a thread"])
def test_whoever_waits_together_is_answered_by_one_call(at_once: Any) -> None:
    calls: list[int] = []

    def counted(numbers: Sequence[int]) -> list[int]:
        calls.append(len(numbers))
        return doubled(numbers)

    def quick(numbers: Sequence[int]) -> Any:
        return at_once(numbers) and counted(numbers)

    group = Group(counted, "test", at_once=quick)
    assert asyncio.run(each(group, range(10))) == doubled(range(10))
    assert calls == [10]


def test_what_would_wait_is_done_in_a_thread() -> None:
    def waits(numbers: Sequence[int]) -> list[Any]:
        return [threading.current_thread().name.startswith("test")] * len(numbers)

    group = Group(waits, "test", at_once=lambda numbers: None)
    assert asyncio.run(each(group, [1, 2])) == [True, True]


def test_while_a_call_waits_the_next_group_gathers_and_the_loop_goes_on() -> None:
    sizes: list[int] = []

    def slow(numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        time.sleep(0.2)
        return doubled(numbers)

    async def in_turns() -> int:
        group = Group(slow, "test")
        asked = [asyncio.ensure_future(group(0))]
        turns = 0
        while not asked[0].done():
            if len(asked) < 5:
                asked.append(asyncio.ensure_future(group(1)))
            await asyncio.sleep(0.01)
            turns += 1
        await asyncio.gather(*asked)
        return turns

    assert asyncio.run(in_turns()) > 1
    assert sizes == [2, 3]


@pytest.mark.parametrize("here", [True, False], ids=["at once", "in a thread"])
def test_an_error_is_told_to_all_who_called_and_to_nobody_after_them(here: bool) -> None:
    def refuses(numbers: Sequence[int]) -> list[int]:
        if 13 in numbers:
            raise OSError("the disk is full")
        return doubled(numbers)

    group = Group(refuses, "test", at_once=refuses if here else lambda numbers: None)

    async def twice() -> tuple[list[Any], list[Any]]:
        return await each(group, [12, 13]), await each(group, [14])

    failed, fine = asyncio.run(twice())
    assert [str(error) for error in failed] == ["the disk is full"] * 2
    assert fine == [28]
