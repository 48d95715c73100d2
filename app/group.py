"""Group commit: calls that wait at the same time are made as one, and no handler blocks another.

What takes no waiting is done in the event loop: beside a busy loop, a thread waits milliseconds for each turn.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST = 500


class Group(Generic[Item, Answer]):
    """Wraps a call on many items as an awaitable call on one. While a call runs, the next group gathers."""

    def __init__(
        self,
        call: Callable[[Sequence[Item]], Sequence[Answer]],
        name: str,
        *,
        at_once: Callable[[Sequence[Item]], Sequence[Answer] | None] = lambda items: None,
    ) -> None:
        """`at_once` does the same without waiting, or returns None; then `call` does it, in a thread."""
        self._call = call
        self._at_once = at_once
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """The answer for this item. Raises what the call raised for its group."""
        return await self.begin(item)

    def begin(self, item: Item) -> asyncio.Future[Answer]:
        """The same, for who has something else to wait for."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return future

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            items = [item for item, _ in group]
            try:
                answers = self._at_once(items)
                if answers is None:
                    answers = await loop.run_in_executor(self._thread, self._call, items)
            except Exception as error:  # whatever it is, it belongs to those who called
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
