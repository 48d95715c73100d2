"""Reads of a shared object what decides where it can be loaded."""

import re
import struct
from pathlib import Path

MACHINES = {"x86_64": 62, "arm64": 183}


def shared_objects(folder: Path) -> list[Path]:
    """Every ELF file below a folder, by content."""
    return [path for path in folder.rglob("*") if path.is_file() and _start(path, 4) == b"\x7fELF"]


def _start(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def machine(path: Path) -> int:
    """The processor, as ELF numbers it."""
    header = _start(path, 20)
    assert header[4:6] == b"\x02\x01", "64 bit, little-endian"
    return int(struct.unpack_from("<H", header, 18)[0])


def glibc(path: Path) -> tuple[int, ...]:
    """The newest C library that a symbol asks for; (0,) when none does."""
    asked = re.findall(rb"GLIBC_(\d+(?:\.\d+)+)\0", path.read_bytes())
    return max((tuple(map(int, version.split(b"."))) for version in asked), default=(0,))
