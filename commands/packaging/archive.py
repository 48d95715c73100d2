"""Zips that depend on their files' names and bytes alone: same input, same sha256."""

import shutil
import tempfile
import zipfile
from pathlib import Path

MOMENT = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
UNIX = 3
LEVEL = 6


def write_zip(path: Path, folder: Path, *, after: Path | None = None) -> None:
    """The files below `folder`, after those of the zip `after`, which are not compressed again."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as made:
        temporary = Path(made.name)
    try:
        _write(temporary, folder, after)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(temporary: Path, folder: Path, after: Path | None) -> None:
    if after is not None:
        shutil.copyfile(after, temporary)
    files = sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file())
    with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as target:
        for name, file in files:
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.external_attr, entry.create_system = READABLE, UNIX
            target.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, LEVEL)
