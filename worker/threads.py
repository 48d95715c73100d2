"""How many threads a predict may use: one for a small batch, all that are ours for a large one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from threadpoolctl import ThreadpoolController

LARGE = 2_000
"""Rows. Gradient boosting takes 6 ms for one row and 17 with two threads, 12 and 19 for 1,000, 32 and 23 for 5,000."""


class Threads:
    """More than one for the block that predicts a large batch. For one model: its libraries are found once."""

    def __init__(self, most: int) -> None:
        self._most = most

    @contextmanager
    def enough_for(self, rows: int) -> Iterator[None]:
        if rows < LARGE or self._most == 1:
            yield
            return
        self._allow(self._most)
        try:
            yield
        finally:
            self._allow(1)

    @cached_property
    def _libraries(self) -> list[Any]:
        return list(ThreadpoolController().lib_controllers)

    def _allow(self, threads: int) -> None:
        for library in self._libraries:
            library.set_num_threads(threads)
