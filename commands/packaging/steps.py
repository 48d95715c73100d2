"""Says on stderr what a slow command is doing, and how many seconds each step took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from commands.console import err


@contextmanager
def step(text: str) -> Iterator[None]:
    """One line: while it runs on a terminal, and when it is done."""
    begun = time.monotonic()
    with err.status(text):
        yield
    err.print(f"{text}: {time.monotonic() - begun:.1f} s", markup=False, highlight=False, soft_wrap=True)
