"""Looks for a data set in DATA_DIR, where users keep those that they have already."""

import gzip
import os
import zlib
from itertools import islice
from pathlib import Path


def data_dir() -> Path | None:
    """None where DATA_DIR is not set."""
    given = os.environ.get("DATA_DIR")
    return Path(given).expanduser() if given else None


def found(name: str) -> Path | None:
    """DATA_DIR/`name` or DATA_DIR/`name`.gz: the user's own, of any content. None where neither is a file.

    Ends the script with one sentence when it holds no rows, or can't be read.
    """
    folder = data_dir()
    places = () if folder is None else (folder / name, folder / f"{name}.gz")
    path = next((path for path in places if path.is_file()), None)
    if path is not None and (problem := _problem(path, name)):
        raise SystemExit(
            f"error: {path} {problem}: put the data set there, or take the file away to have it downloaded."
        )
    return path


def _problem(path: Path, name: str) -> str | None:
    """The first line of a CSV file names its columns; a .gz that is not of the name's own is packed."""
    try:
        with path.open("rb") if path.name == Path(name).name else gzip.open(path) as file:
            rows = islice(file, 1 if name.endswith(".csv") else 0, None)
            return None if any(line.strip() for line in rows) else "is empty"
    except (OSError, EOFError, zlib.error) as error:
        return f"can't be read ({error})"
