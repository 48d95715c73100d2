"""Who waits for a result is woken by the bell that names it; a bell that is lost costs a moment."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from app.waiting import LOOK_SECONDS, Waiting, preferred_wait
from serving.errors import StoreUnavailable
from serving.local.bell import TOLD, Bell, Listener
from serving.ports import Row
from serving.prediction import Status

FOUND = Row(document=b"{}", status=Status.SUCCEEDED)


class Store:
    """Counts who is looked for."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.looks: list[Sequence[str]] = []
        self.down = False

    async def read(self, ids: Sequence[str]) -> Sequence[Row | None]:
        self.looks.append(list(ids))
        if self.down:
            raise StoreUnavailable("down")
        return [self.rows.get(id_) for id_ in ids]


def test_the_bell_says_which_results_have_come(tmp_path: Path) -> None:
    ids = [f"{number:032d}" for number in range(2 * TOLD + 1)]
    with closing(Listener(tmp_path, "api")) as listener, closing(Bell(tmp_path)) as bell:
        bell.ring(ids)
        assert asyncio.run(listener.changed(5)) == set(ids)
        bell.ring(ids[:1])
        bell.ring()
        assert asyncio.run(listener.changed(5)) is None  # for whatever there is
        assert asyncio.run(listener.changed(0.01)) is None


def test_the_bell_says_how_many_have_come(tmp_path: Path) -> None:
    with closing(Listener(tmp_path, "worker")) as listener, closing(Bell(tmp_path)) as bell:
        bell.ring(new=3)
        bell.ring(new=40)
        assert listener.wait(5) == 43
        assert listener.wait(0.01) is None
        for odd in (bell.ring, lambda: bell.ring(["an id"]), lambda: bell.ring(["1" * 5_000]), listener.wake):
            bell.ring(new=3)
            odd()
            assert listener.wait(5) is None, "it has to look by itself"
        bell.ring(new=3)
        listener.clear()
        assert listener.wait(0.01) is None


def test_each_waits_as_long_as_it_likes(tmp_path: Path) -> None:
    store = Store()

    async def wait(bell: Bell, listener: Listener) -> list[Row | None]:
        waiting = Waiting(store.read, lambda: listener)
        asked = {"patient": 30.0, "quick": 0.05, "quicker": 0.01, "patient, too": 20.0}
        found = {
            id_: asyncio.create_task(waiting.wait(id_, waiting.expect(id_), seconds)) for id_, seconds in asked.items()
        }
        assert (await found["quick"], await found["quicker"]) == (None, None)
        assert not found["patient"].done()
        store.rows |= {"patient": FOUND, "patient, too": FOUND}
        bell.ring(["patient", "patient, too"])
        await asyncio.gather(*found.values())
        again = await waiting.wait("again", waiting.expect("again"), 0.01)
        return [*(each.result() for each in found.values()), again]

    with closing(Listener(tmp_path, "api")) as listener, closing(Bell(tmp_path)) as bell:
        assert asyncio.run(wait(bell, listener)) == [FOUND, None, None, FOUND, None]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_many_may_give_up_in_the_same_moment(tmp_path: Path, run: Callable[[Any], Any]) -> None:
    async def wait(waiting: Waiting, number: int) -> Row | None:
        await asyncio.sleep(number / 2_000)
        return await waiting.wait(str(number), waiting.expect(str(number)), 0.1 + number % 7 / 10_000)

    async def all_of_them(listener: Listener) -> list[Row | None]:
        waiting = Waiting(Store().read, lambda: listener)
        found = await asyncio.gather(*(wait(waiting, number) for number in range(2_000)))
        assert not waiting._futures
        assert not waiting._until
        return found

    with closing(Listener(tmp_path, "api")) as listener:
        assert run(all_of_them(listener)) == [None] * 2_000


def test_who_waits_in_another_loop_gives_up_there(tmp_path: Path) -> None:
    async def wait(waiting: Waiting, seconds: float) -> Row | None:
        waiting.expect("for ever")
        return await waiting.wait("a", waiting.expect("a"), seconds)

    async def cut_short(waiting: Waiting) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(wait(waiting, 0.5), 0.05)

    with closing(Listener(tmp_path, "api")) as listener:
        waiting = Waiting(Store().read, lambda: listener)
        asyncio.run(cut_short(waiting))
        assert asyncio.run(asyncio.wait_for(wait(waiting, 1), 20)) is None


def test_only_what_the_bell_names_is_looked_for(tmp_path: Path) -> None:
    store = Store()

    async def wait(bell: Bell, listener: Listener) -> list[Row | None]:
        waiting = Waiting(store.read, lambda: listener)
        futures = {id_: waiting.expect(id_) for id_ in ("a", "b")}
        found = [asyncio.create_task(waiting.wait(id_, future, 0.1)) for id_, future in futures.items()]
        store.rows["a"] = FOUND
        bell.ring(["a", "somebody else's"])
        return await asyncio.gather(*found)

    with closing(Listener(tmp_path, "api")) as listener, closing(Bell(tmp_path)) as bell:
        assert asyncio.run(wait(bell, listener)) == [FOUND, None]
    assert store.looks == [["a"]]


def test_a_result_whose_bell_was_lost_is_found_while_other_bells_ring(tmp_path: Path) -> None:
    store = Store()
    store.rows["a"] = FOUND

    async def wait(bell: Bell, listener: Listener) -> Row | None:
        waiting = Waiting(store.read, lambda: listener)
        found = asyncio.create_task(waiting.wait("a", waiting.expect("a"), 20 * LOOK_SECONDS))
        while not found.done():
            bell.ring(["b"])
            await asyncio.sleep(LOOK_SECONDS / 10)
        return await found

    with closing(Listener(tmp_path, "api")) as listener, closing(Bell(tmp_path)) as bell:
        assert asyncio.run(wait(bell, listener)) == FOUND


def test_who_waits_while_the_store_is_down_gets_the_answer_when_it_is_back(tmp_path: Path) -> None:
    store = Store()
    store.rows["a"], store.down = FOUND, True

    async def wait(bell: Bell, listener: Listener) -> Row | None:
        waiting = Waiting(store.read, lambda: listener)
        found = asyncio.create_task(waiting.wait("a", waiting.expect("a"), 20 * LOOK_SECONDS))
        while not store.looks:
            bell.ring(["a"])
            await asyncio.sleep(0.01)
        store.down = False
        return await found

    with closing(Listener(tmp_path, "api")) as listener, closing(Bell(tmp_path)) as bell:
        assert asyncio.run(wait(bell, listener)) == FOUND


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [([], None), (["wait=3"], 3), (["respond-async, wait=30"], 20), (["return=minimal", 'wait="2"'], 2), (["x"], None)],
)
def test_the_seconds_that_prefer_asks_for(prefer: list[str], seconds: float | None) -> None:
    assert preferred_wait(prefer, 20) == seconds
