"""What train.py is called with: where the model goes, how much of the data it takes, how often it is scored."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FEWEST = 50
"""Rows of a sample: with less, a hold-out lacks some of the answers."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """`rows` is None for the whole data set."""

    folder: Path
    rows: int | None
    seeds: int


def arguments(doc: str | None, given: Sequence[str] | None = None) -> Options:
    """The command line of train.py, whose docstring is its help; ends the script where that can't be read."""
    beside = Path(sys.argv[0]).resolve().parent / "build"
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=beside, help="where model.pkl goes (default: build beside train.py)"
    )
    parser.add_argument(
        "--rows", type=_rows, help=f"train on a sample of so many rows, {FEWEST} or more (default: all)"
    )
    parser.add_argument("--seeds", type=_count, default=1, help="hold-outs that are scored (default: 1)")
    found = parser.parse_args(given)
    return Options(folder=found.folder, rows=found.rows, seeds=found.seeds)


def _rows(text: str) -> int:
    return _number(text, FEWEST)


def _count(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of {least} or more")
    return number
