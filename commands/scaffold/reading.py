"""Reads the file of training data; runs in the child, where pandas is."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from serving.errors import ProjectError

PACKED = {".gz", ".bz2", ".xz"}
SEPARATORS = ",;\t|"


def read_frame(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The rows, and what is worth saying about how they were read. Raises ProjectError."""
    if not path.is_file():
        raise ProjectError(f"There is no file {path}: --data names the training data, as CSV, JSON or Parquet.")
    kind = next((suffix for suffix in reversed(path.suffixes) if suffix not in PACKED), "")
    readers: dict[str, Callable[[Path], tuple[pd.DataFrame, list[str]]]] = {
        ".csv": _csv,
        ".tsv": _csv,
        ".txt": _csv,
        ".data": _csv,
        ".json": _json,
        ".jsonl": _lines,
        ".ndjson": _lines,
        ".parquet": _parquet,
    }
    if kind not in readers:
        raise ProjectError(f"{path} is none of .csv, .tsv, .json, .jsonl and .parquet (.gz at the end is fine).")
    try:
        frame, notes = readers[kind](path)
    except (ValueError, OSError, EOFError) as error:  # pandas' own errors of parsing are ValueErrors
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ProjectError(f"{path} can't be read as {kind[1:]}: {reason}.") from error
    if frame.empty:
        raise ProjectError(f"{path} has no rows: --data wants the rows that the model was trained on.")
    return frame.rename(columns=str).reset_index(drop=True), notes


def as_numbers(series: "pd.Series[Any]") -> tuple["pd.Series[Any]", int]:
    """The texts as numbers, and how many of them are none."""
    numbers = pd.to_numeric(series, errors="coerce")
    return numbers, int((numbers.isna() & series.notna()).sum())


def _csv(path: Path) -> tuple[pd.DataFrame, list[str]]:
    try:
        return _separated(path, "utf-8-sig")
    except UnicodeDecodeError:
        frame, notes = _separated(path, "latin-1")
        return frame, [f"{path.name} is not UTF-8: it was read as latin-1.", *notes]


def _separated(path: Path, encoding: str) -> tuple[pd.DataFrame, list[str]]:
    """Separated by what its first line has most of; without a header where that line is all numbers."""
    options: dict[str, Any] = {"encoding": encoding, "low_memory": False}
    line = str(pd.read_csv(path, **options, sep="\0", header=None, nrows=1, quoting=3, dtype=str).iloc[0, 0])
    separator = max(SEPARATORS, key=line.count)
    options["sep"] = separator if separator in line else ","
    cells = [cell.strip().strip('"') for cell in line.split(options["sep"])]
    if not all(map(_number, cells)) or cells == [str(place) for place in range(len(cells))]:
        return pd.read_csv(path, **options), []
    frame = pd.read_csv(path, **options, header=None)
    names = [f"x{place}" for place in range(len(frame.columns))]
    return frame.set_axis(names, axis=1), [f"{path.name} has no header: its columns are called x0, x1 …"]


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _json(path: Path) -> tuple[pd.DataFrame, list[str]]:
    text = _text(path)
    try:
        return pd.DataFrame(json.loads(text)), []
    except json.JSONDecodeError:
        return _lines(path)


def _lines(path: Path) -> tuple[pd.DataFrame, list[str]]:
    return pd.DataFrame([json.loads(line) for line in _text(path).splitlines() if line.strip()]), []


def _text(path: Path) -> str:
    """pandas' own reader would take numbers for dates where a column's name sounds like one."""
    openers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8-sig") as file:
        return str(file.read())


def _parquet(path: Path) -> tuple[pd.DataFrame, list[str]]:
    try:
        return pd.read_parquet(path), []
    except ImportError as error:
        text = f"{path} is Parquet, and this Python has no pyarrow to read it: save the data as CSV or JSON Lines."
        raise ProjectError(text) from error
