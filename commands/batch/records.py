"""The input of `cli predict`: JSON, JSON Lines or CSV, read row by row as often as it is needed."""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from serving.errors import ServingError

Record = dict[str, Any]
Kind = Literal["csv", "json"]
BOM = b"\xef\xbb\xbf"
SUFFIXES = {".json": "json", ".jsonl": "lines", ".ndjson": "lines", ".csv": "csv"}


class InputUnreadable(ServingError):
    """The file can't be read or is not what its suffix says."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the input, with its columns in their order."""

    record: Record
    problem: str | None = None
    """Why it can't be sent at all."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The whole input: its bytes are kept, its rows are made anew each time, so that a million of them cost little."""

    name: str
    kind: Kind
    """What is sent: CSV cells, which the API converts, or JSON values."""
    sha256: str
    columns: tuple[str, ...]
    """Of all records, in the order of their first appearance."""
    count: int
    rows: Callable[[], Iterator[Row]]


def read_source(file: str) -> Source:
    """Read FILE, or stdin for `-`, to its end. Raises InputUnreadable before anything is sent."""
    name = "stdin" if file == "-" else file
    try:
        content = (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).removeprefix(BOM)
    except OSError as error:
        raise InputUnreadable(f"{name} can't be read: {error.strerror}.") from error
    try:
        kind, rows = _open(content, SUFFIXES.get(Path(file).suffix.lower()))
        columns, count = _columns_and_count(rows)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputUnreadable(f"{name} is not UTF-8 (line {line}): save it as UTF-8.") from None
    except ValueError as error:
        raise InputUnreadable(f"{name}: {error}.") from None
    if not count:
        raise InputUnreadable(f"{name} has no rows.")
    sha256 = hashlib.sha256(content).hexdigest()
    return Source(name=name, kind=kind, sha256=sha256, columns=columns, count=count, rows=rows)


def _open(content: bytes, form: str | None) -> tuple[Kind, Callable[[], Iterator[Row]]]:
    content.decode()  # what is not UTF-8 is found here, where the error's place is the one in the file
    form = form or ("json" if content.lstrip()[:1] in {b"[", b"{"} else "csv")
    if form == "csv":
        return "csv", lambda: _csv_rows(content)
    if form == "lines":
        return "json", lambda: _json_lines(content)
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and content.lstrip()[:1] == b"{":  # a second object follows: JSON Lines
            return "json", lambda: _json_lines(content)
        raise ValueError(f"not JSON: {error}") from None
    rows = [_json_row(value) for value in (document if isinstance(document, list) else [document])]
    return "json", lambda: iter(rows)


def _columns_and_count(rows: Callable[[], Iterator[Row]]) -> tuple[tuple[str, ...], int]:
    columns: dict[str, None] = {}
    count = 0
    for row in rows():
        columns |= dict.fromkeys(row.record)
        count += 1
    return tuple(columns), count


def _csv_rows(content: bytes) -> Iterator[Row]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), strict=True)
    try:
        names = next(reader, [])
        twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if twice is not None:
            raise ValueError(f"two columns are named {twice!r}")
        for cells in reader:
            if not cells:  # a blank line, which the API skips too
                continue
            if len(cells) == len(names):
                yield Row(dict(zip(names, cells, strict=True)))
                continue
            padded = [*cells, *[""] * len(names)]
            problem = f"The row has {len(cells)} cells and there are {len(names)} columns"
            yield Row(dict(zip(names, padded, strict=False)), problem)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} is not CSV: {error}") from None


def _json_lines(content: bytes) -> Iterator[Row]:
    for number, line in enumerate(io.BytesIO(content), 1):
        if not line.strip():
            continue
        try:
            yield _json_row(json.loads(line))
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} is not JSON: {error.msg} (column {error.colno})") from None


def _json_row(value: Any) -> Row:
    return Row(value) if isinstance(value, dict) else Row({}, "The row is not a JSON object")
