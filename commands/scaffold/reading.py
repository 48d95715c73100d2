"""Reads the file of training data; runs in the child, where pandas is."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from serving.errors import ProjectError

PACKED = {".gz", ".bz2", ".xz"}
SEPARATORS = ",;\t|"
GAPS = frozenset(
    {
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
        *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    }
)
"""Cells of a CSV file that pandas takes for missing values, if it is not told otherwise."""
Kept = Mapping[str, Collection[str]]


def read_frame(path: Path, kept: Kept | None = None) -> tuple[pd.DataFrame, list[str]]:
    """The rows, and what is worth saying about how they were read; `kept`: GAPS that are texts, by column.

    Such a column holds texts only. Raises ProjectError.
    """
    if not path.is_file():
        raise ProjectError(f"There is no file {path}: --data names the training data, as CSV, JSON or Parquet.")
    kind = next((suffix for suffix in reversed(path.suffixes) if suffix not in PACKED), "")
    readers: dict[str, Callable[[Path], tuple[pd.DataFrame, list[str]]]] = {
        **dict.fromkeys((".csv", ".tsv", ".txt", ".data"), lambda path: _csv(path, kept or {})),
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


def _csv(path: Path, kept: Kept) -> tuple[pd.DataFrame, list[str]]:
    try:
        return _separated(path, "utf-8-sig", kept)
    except UnicodeDecodeError:
        frame, notes = _separated(path, "latin-1", kept)
        return frame, [f"{path.name} is not UTF-8: it was read as latin-1.", *notes]


def _separated(path: Path, encoding: str, kept: Kept) -> tuple[pd.DataFrame, list[str]]:
    """Separated by what its first line has most of; without a header where that line is all numbers."""
    options: dict[str, Any] = {"encoding": encoding, "low_memory": False}
    as_it_is: dict[str, Any] = {"header": None, "nrows": 1, "quoting": 3, "dtype": str, "keep_default_na": False}
    line = str(pd.read_csv(path, **options, **as_it_is, sep="\0").iloc[0, 0])
    separator = max(SEPARATORS, key=line.count)
    options["sep"] = separator if separator in line else ","
    cells = [cell.strip().strip('"') for cell in line.split(options["sep"])]
    if not all(map(_number, cells)) or GAPS.issuperset(cells) or cells == [str(place) for place in range(len(cells))]:
        return _rows(path, options, kept), []
    frame = _rows(path, {**options, "header": None}, {int(name.removeprefix("x")): kept[name] for name in kept})
    names = [f"x{place}" for place in range(len(frame.columns))]
    return frame.set_axis(names, axis=1), [f"{path.name} has no header: its columns are called x0, x1 …"]


def _rows(path: Path, options: Mapping[str, Any], kept: Mapping[Any, Collection[str]]) -> pd.DataFrame:
    if not kept:
        return pd.read_csv(path, **options)
    # Once pandas is told of one column, it takes nothing for a gap in those that it is not told of.
    columns = pd.read_csv(path, **options, nrows=1).columns
    gaps = {name: GAPS.difference(kept.get(name, ())) for name in columns}
    return pd.read_csv(path, **options, na_values=gaps, keep_default_na=False, dtype=dict.fromkeys(kept, str))


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
