"""The build folder belongs to one command at a time: osls deploys what was packaged last."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.errors import ServingError
from serving.local.lock import locked


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Raises ServingError while another command is at work there."""
    try:
        with locked(folder / ".lock", wait=False):
            yield
    except BlockingIOError as error:
        raise ServingError(
            f"Another `cli deploy`, `remove` or `package` is at work in {folder}: wait until it has ended."
        ) from error
