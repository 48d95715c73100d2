"""How a Lambda starts: without the garbage collector, and perhaps from a snapshot of its memory."""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def starting() -> Iterator[None]:
    """For the block that imports and makes everything: what it makes stays, and is never looked through again.

    Libraries make a hundred thousand objects, not one in a hundred of them garbage, and the collector would take an
    eighth of the start to find that out. Later, too, it would hold up some request for 50 ms to look through them all.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def around_snapshots(before: Callable[[], None] | None = None) -> None:
    """SnapStart keeps the memory of a started process, and lets it live on: days later, and many times over.

    `before` gives up what does not last, such as connections. What is secret comes from the system's own source of
    randomness, which knows of snapshots; the pauses between tries come from another, and would all be the same.
    """
    try:
        from snapshot_restore_py import register_after_restore, register_before_snapshot  # type: ignore[import-untyped]
    except ImportError:  # Lambda's runtime brings it
        return
    if before is not None:
        register_before_snapshot(before)
    register_after_restore(random.seed)
