"""Zips that depend on their files' names and bytes alone: same input, same sha256."""

import shutil
import zipfile
from pathlib import Path

MOMENT = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16
UNIX = 3
LEVEL = 6


def write_zip(path: Path, folder: Path, *, after: Path | None = None) -> None:
    """The files below `folder`, after those of the zip `after`, which are not compressed again."""
    temporary = path.with_suffix(".part")
    if after is not None:
        shutil.copyfile(after, temporary)
    else:
        temporary.unlink(missing_ok=True)
    files = sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file())
    with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as target:
        for name, file in files:
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.external_attr, entry.create_system = READABLE, UNIX
            target.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, LEVEL)
    temporary.replace(path)
