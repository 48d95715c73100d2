"""Where this machine's service listens: its URL, in the state folder for as long as it is served."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.switching import is_served

NAME = "serve.url"


@contextmanager
def announced(state_dir: Path) -> Iterator[Callable[[str], object]]:
    """Call what is yielded with the URL when the service listens; for whoever holds the folder's serve.lock."""
    path = state_dir / NAME
    path.unlink(missing_ok=True)  # of a service that was killed
    try:
        yield path.write_text
    finally:
        path.unlink(missing_ok=True)


def address(state_dir: Path) -> str | None:
    """The URL; None while nothing is served from this folder, as far as can be seen."""
    try:
        url = (state_dir / NAME).read_text()
        return url if url and is_served(state_dir) else None
    except OSError:
        return None
