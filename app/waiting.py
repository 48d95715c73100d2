"""`Prefer: wait`: one task looks for all who wait, and only when results may have come."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from serving.errors import Unavailable
from serving.ports import ResultSignal, Row

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)
LOOK_SECONDS = 0.25
"""Between two looks for everything that is waited for: what a signal tells may get lost."""


def preferred_wait(prefer: Sequence[str], limit: float) -> float | None:
    """The seconds that a header `Prefer: wait=N` asks for, `limit` at most; None without it."""
    found = _seconds(",".join(prefer)) if prefer else None
    return None if found is None else min(found, limit)


@lru_cache(maxsize=64)
def _seconds(prefer: str) -> float | None:
    """Clients send the same few again and again."""
    found = _WAIT.search(prefer)
    return float(found[1]) if found else None


class Waiting:
    """Those who wait for a result."""

    def __init__(
        self, read: Callable[[Sequence[str]], Awaitable[Sequence[Row | None]]], signal: Callable[[], ResultSignal]
    ) -> None:
        self._read = read
        self._make_signal = signal
        self._signal: ResultSignal | None = None
        self._futures: dict[str, list[asyncio.Future[Row | None]]] = {}
        self._until: dict[asyncio.Future[Row | None], float] = {}
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = math.inf
        self._alarm_of: asyncio.AbstractEventLoop | None = None
        self._watching: asyncio.Task[None] | None = None

    def expect(self, prediction_id: str) -> asyncio.Future[Row | None]:
        """A future of the prediction's row; call it before the work is queued, so that no signal is missed."""
        future: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(prediction_id, []).append(future)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return future

    async def wait(self, prediction_id: str, future: asyncio.Future[Row | None], seconds: float) -> Row | None:
        """The row; None when there is none after `seconds`."""
        loop = asyncio.get_running_loop()
        try:
            until = self._until[future] = loop.time() + seconds
            if until < self._alarm_at or loop is not self._alarm_of:
                self._set_alarm(until, loop)
            return await future
        finally:
            self.forget(prediction_id, future)

    def forget(self, prediction_id: str, future: asyncio.Future[Row | None]) -> None:
        """Nobody waits for it any more."""
        self._until.pop(future, None)
        waiting = self._futures.get(prediction_id, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._futures.pop(prediction_id, None)

    def _set_alarm(self, at: float, loop: asyncio.AbstractEventLoop) -> None:
        """One for all: most are answered long before, and a timer for each would cost more than the answer."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at, self._alarm_of = loop.call_at(at, self._give_up), at, loop

    def _give_up(self) -> None:
        self._alarm, self._alarm_at = None, math.inf
        loop = asyncio.get_running_loop()
        now = loop.time()
        for future, until in self._until.items():
            if until <= now and not future.done():
                future.set_result(None)
        left = [until for until in self._until.values() if until > now]
        if left:
            self._set_alarm(min(left), loop)

    async def _watch(self) -> None:
        if self._signal is None:
            self._signal = self._make_signal()
        loop = asyncio.get_running_loop()
        look_at = loop.time() + LOOK_SECONDS
        while self._futures:
            told = await self._signal.changed(LOOK_SECONDS)
            if told is None or loop.time() > look_at:
                told, look_at = list(self._futures), loop.time() + LOOK_SECONDS
            ids = [id_ for id_ in told if id_ in self._futures]
            try:
                rows = await self._read(ids) if ids else []
            except Unavailable:
                continue  # those who wait do so until their time is over
            for id_, row in zip(ids, rows, strict=True):
                if row is not None:
                    self._answer(id_, row)

    def _answer(self, prediction_id: str, row: Row) -> None:
        for future in self._futures.get(prediction_id, []):
            if not future.done():
                future.set_result(row)
