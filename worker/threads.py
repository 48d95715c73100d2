"""How many threads a predict may use: one for few rows, all that are ours for many."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import joblib
from threadpoolctl import ThreadpoolController

ROWS, SECONDS = 2_000, 1.0
"""From either on a predict is large. Gradient boosting takes 6 ms for one row and 17 with two threads, 12 and 19 for
1,000, 32 and 23 for 5,000."""
ENOUGH = 16
"""Threads, unless somebody asks for more: on a machine of many cores their stacks would take a gigabyte."""
STACK = 8
"""MiB that each thread takes."""


class Threads:
    """More than one for the block of a large predict. For one model: its libraries are found once."""

    def __init__(self, most: int | None = None) -> None:
        """`most`: what a large predict gets; by default one for each core that this process may use."""
        self._given = most

    @contextmanager
    def enough_for(self, rows: int, seconds: float) -> Iterator[int]:
        """Gives the MiB that the threads may add to what the predict allocates: where one can't be had, libgomp exits.

        `seconds` is what the predict is thought to take.
        """
        if (rows < ROWS and seconds < SECONDS) or self._most == 1:
            yield 0
            return
        try:
            self._allow(self._most)
            yield STACK * self._most
        finally:
            self._allow(1)

    @cached_property
    def _most(self) -> int:
        """joblib counts as scikit-learn does: a container's share, and no core twice."""
        return self._given or min(ENOUGH, joblib.cpu_count(only_physical_cores=True))

    @cached_property
    def _libraries(self) -> list[Any]:
        return list(ThreadpoolController().lib_controllers)

    def _allow(self, threads: int) -> None:
        for library in self._libraries:
            library.set_num_threads(threads)
