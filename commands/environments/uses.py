"""Which environments a living process uses: a lock file for each use, which the system frees when the process ends."""

from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from serving.local.lock import locked

_PROCESS = uuid4().hex  # a pid is not enough: containers may share the folder
_held: dict[Path, ExitStack] = {}


def use(uses: Path, key: str) -> None:
    """From now until this process ends."""
    path = uses / f"{key}-{_PROCESS}"
    if path not in _held:
        stack = ExitStack()
        stack.enter_context(locked(path))
        _held[path] = stack


def in_use(uses: Path) -> set[str]:
    """The keys; what processes that have ended left behind is removed."""
    found = set()
    for path in uses.iterdir():
        if _is_held(path):
            found.add(path.name.partition("-")[0])
        else:
            path.unlink(missing_ok=True)
    return found


def _is_held(path: Path) -> bool:
    try:
        with locked(path, wait=False):
            return False
    except BlockingIOError:
        return True
