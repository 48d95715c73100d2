"""Looks for a data set in DATA_DIR, where users keep those that they have already."""

import os
from pathlib import Path


def data_dir() -> Path | None:
    """None where DATA_DIR is not set."""
    given = os.environ.get("DATA_DIR")
    return Path(given).expanduser() if given else None


def found(name: str) -> Path | None:
    """DATA_DIR/`name` or DATA_DIR/`name`.gz, unchecked: the user's own. None where neither is a file."""
    folder = data_dir()
    places = () if folder is None else (folder / name, folder / f"{name}.gz")
    return next((path for path in places if path.is_file()), None)
