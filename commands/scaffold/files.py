"""Puts the files into the project's folder: all of them or none."""

import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from serving.errors import ProjectError

NAMES = ("validation.py", "form.yml", "example.json", "service.toml")


def existing(folder: Path) -> Collection[str]:
    """Those that are there already."""
    return [name for name in NAMES if (folder / name).exists()]


def put(folder: Path, texts: Mapping[str, str]) -> None:
    """Each gets its name when all are written; what was there is back when one can't. Raises ProjectError."""
    before: dict[Path, bytes | None] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as made:
            for name, text in texts.items():
                (Path(made) / name).write_text(text, encoding="utf-8")
            for name in texts:
                path = folder / name
                before[path] = path.read_bytes() if path.exists() else None
                (Path(made) / name).replace(path)
    except OSError as error:
        with suppress(OSError):
            _restore(before)
        raise ProjectError(f"{folder} can't be written to: {error.strerror}.") from error


def _restore(before: Mapping[Path, bytes | None]) -> None:
    for path, content in before.items():
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
