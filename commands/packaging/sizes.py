"""What a zip unpacks to, package by package, beside what Lambda takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from commands.packaging.bytecode import ESTIMATE
from commands.packaging.target import Target
from serving.errors import ConfigurationError

MIB = 1024 * 1024
LIMIT = 250 * MIB
"""Bytes that a function may unpack to."""
BAR = 24


class Size(BaseModel):
    """Bytes of a package: `unpacked` in the zip, `compiled` with .pyc in place of third-party sources."""

    model_config = ConfigDict(frozen=True)

    package: str
    unpacked: int
    compiled: int


class TooLargeForLambda(ConfigurationError):
    """A zip that Lambda would refuse; `sizes` shows why."""

    def __init__(self, message: str, sizes: Mapping[str, Sequence[Size]]) -> None:
        super().__init__(message)
        self.sizes = sizes


def sizes_of_libraries(root: Path, owners: Mapping[str, str], target: Target) -> tuple[Size, ...]:
    """Largest first; where this Python can't compile for the target, .pyc are estimated."""
    unpacked: Counter[str] = Counter()
    compiled: Counter[str] = Counter()
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        top = path.relative_to(root).parts[0]
        owner = owners.get(top) or owners.get(top.removesuffix("c"), top)  # six.pyc was six.py
        size = path.stat().st_size
        unpacked[owner] += size
        estimated = path.suffix == ".py" and not target.compiled
        compiled[owner] += int(size * ESTIMATE) if estimated else size
    return tuple(
        Size(package=name, unpacked=unpacked[name], compiled=compiled[name]) for name, _ in compiled.most_common()
    )


def size_below(root: Path, package: str) -> Size:
    """One line for what is ours or the user's: its source stays."""
    total = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    return Size(package=package, unpacked=total, compiled=total)


def counted(sizes: Sequence[Size]) -> int:
    """Bytes that have to fit: as it is shipped, or with .pyc, whichever is more."""
    return max(sum(size.unpacked for size in sizes), sum(size.compiled for size in sizes))


def check_limit(sizes: Mapping[str, Sequence[Size]]) -> None:
    """Raises TooLargeForLambda that names the largest packages."""
    for name, rows in sizes.items():
        total = counted(rows)
        if total > LIMIT:
            largest = ", ".join(f"{row.package} {row.compiled / MIB:.0f} MiB" for row in rows[:4])
            raise TooLargeForLambda(
                f"{name}.zip unpacks to {total / MIB:.0f} MiB and Lambda takes 250: the largest are {largest}. Take "
                "out of requirements.txt what the model does not need; xgboost-cpu is a smaller xgboost.",
                sizes,
            )


def sizes_document(sizes: Mapping[str, Sequence[Size]], zips: Mapping[str, Path]) -> dict[str, Any]:
    """For programs: bytes by zip; `counted` have to fit into `limit`."""
    return {
        name: {
            "counted": counted(rows),
            "limit": LIMIT,
            "zipped": zips[name].stat().st_size if name in zips else None,
            "path": str(zips[name]) if name in zips else None,
            "packages": [row.model_dump() for row in rows],
        }
        for name, rows in sizes.items()
    }


def size_table(name: str, sizes: Sequence[Size], zipped: int | None) -> Table:
    """For people: every package from a tenth of a MiB up, then the sum."""
    ending = "" if zipped is None else f", {zipped / MIB:.1f} MiB zipped"
    table = Table("package", title=f"{name}.zip{ending}", title_justify="left", box=None, show_footer=True)
    total = counted(sizes)
    table.columns[0].footer = "together"
    table.add_column("MiB", f"{sum(s.unpacked for s in sizes) / MIB:.1f}", justify="right")
    table.add_column("with .pyc", f"{sum(s.compiled for s in sizes) / MIB:.1f}", justify="right")
    table.add_column("of Lambda's 250", f"{'█' * min(BAR, round(BAR * total / LIMIT))} {total / LIMIT:.0%}")
    for size in sizes:
        if size.compiled > MIB / 10:
            bar = "█" * min(BAR, round(BAR * size.compiled / LIMIT))
            table.add_row(size.package, f"{size.unpacked / MIB:.1f}", f"{size.compiled / MIB:.1f}", bar)
    return table
