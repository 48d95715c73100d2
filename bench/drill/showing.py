"""A drill in a terminal: its options, how far it is, and its report."""

import argparse
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.drill.report import Report

err = Console(stderr=True)
Look = Callable[[int, int, str], None]
"""Told again and again: requests that are through, predictions that are finished, and what happens."""


def options(program: str, description: str | None, *, predictions: int, out: str) -> argparse.ArgumentParser:
    """Those of every drill."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--predictions", type=int, default=predictions)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="a drill can be held again")
    parser.add_argument("--out", type=Path, default=Path(out), help="for report.md and drill.png")
    return parser


@contextmanager
def progress(requests: int) -> Iterator[Look]:
    """Two bars."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[what]}"), console=err) as bars:
        asked, answered = (bars.add_task(name, total=requests, what="") for name in ("asked", "answered"))

        def look(done: int, finished: int, what: str) -> None:
            bars.update(asked, completed=done, what=what)
            bars.update(answered, completed=finished)

        yield look


def concluded(report: Report, out: Path) -> int:
    """Show the report; the exit code: 0 when every promise was kept."""
    report.show(Console())
    err.print(f"{out}/report.md, {out}/drill.png", highlight=False)
    return 0 if report.ok else 1
