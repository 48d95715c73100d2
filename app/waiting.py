"""`Prefer: wait`: one task looks for all who wait, and only when results may have come."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from serving.ports import ResultSignal, Row

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?", re.IGNORECASE)
LOOK_SECONDS = 0.25


def preferred_wait(prefer: Sequence[str], limit: float) -> float | None:
    """The seconds that a header `Prefer: wait=N` asks for, `limit` at most; None without it."""
    found = _WAIT.search(",".join(prefer))
    return min(float(found[1]), limit) if found else None


class Waiting:
    """Those who wait for a result."""

    def __init__(self, read: Callable[[str], Awaitable[Row | None]], signal: Callable[[], ResultSignal]) -> None:
        self._read = read
        self._make_signal = signal
        self._signal: ResultSignal | None = None
        self._futures: dict[str, list[asyncio.Future[Row]]] = {}
        self._watching: asyncio.Task[None] | None = None

    def expect(self, prediction_id: str) -> asyncio.Future[Row]:
        """A future of the prediction's row; call it before the work is queued, so that no signal is missed."""
        future: asyncio.Future[Row] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(prediction_id, []).append(future)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return future

    async def wait(self, prediction_id: str, future: asyncio.Future[Row], seconds: float) -> Row | None:
        """The row; None when there is none after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            self.forget(prediction_id, future)

    def forget(self, prediction_id: str, future: asyncio.Future[Row]) -> None:
        """Nobody waits for it any more."""
        waiting = self._futures.get(prediction_id, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._futures.pop(prediction_id, None)

    async def _watch(self) -> None:
        if self._signal is None:
            self._signal = self._make_signal()
        while self._futures:
            await self._signal.changed(LOOK_SECONDS)
            ids = list(self._futures)
            rows = await asyncio.gather(*(self._read(id_) for id_ in ids), return_exceptions=True)
            for id_, row in zip(ids, rows, strict=True):
                for future in self._futures.get(id_, []):
                    if isinstance(row, BaseException):
                        continue  # the store is down: those who wait do so until their time is over
                    if row is not None and not future.done():
                        future.set_result(row)
