"""The checkout's build folder, which holds what was packaged last, belongs to one test at a time in any process."""

from collections.abc import Iterator
from contextlib import contextmanager

from commands.deployment import BUILD
from serving.local.lock import locked

_held: list[None] = []


@contextmanager
def build_folder() -> Iterator[None]:
    """Wait until no other test is at work there; `cli deploy` itself would not wait, but refuse."""
    if _held:
        yield
        return
    with locked(BUILD / ".tests.lock"):
        _held.append(None)
        try:
            yield
        finally:
            _held.clear()
