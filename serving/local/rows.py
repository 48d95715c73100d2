"""Many rows in few statements: each one is a turn through Python, and passes the interpreter's lock on and back."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

_AT_ONCE = (128, 16, 4, 1)
"""Rows of a statement. SQLite takes 999 values in one, everywhere; few sizes are few statements to prepare."""

Cells = Sequence[Any]


def run_for_rows(connection: sqlite3.Connection, statement: str, rows: Sequence[Cells]) -> int:
    """Run a statement with `VALUES {rows}` in it for all rows, of at most 7 cells; returns how many it changed."""
    changed = 0
    for part in _parts(rows):
        cells = [cell for row in part for cell in row]
        changed += connection.execute(_filled(statement, len(part), len(part[0])), cells).rowcount
    return changed


def read_for_rows(connection: sqlite3.Connection, statement: str, rows: Sequence[Cells]) -> Iterator[tuple[Any, ...]]:
    """What a SELECT with `VALUES {rows}` in it finds for all rows, in no order; it finds nothing for nulls."""
    most = _AT_ONCE[0]
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        size = next(size for size in reversed(_AT_ONCE) if size >= len(part))
        cells = [cell for row in part for cell in row]
        cells += [None] * ((size - len(part)) * len(part[0]))  # one statement, though it asks for more than there is
        yield from connection.execute(_filled(statement, size, len(part[0])), cells).fetchall()


def _parts(rows: Sequence[Cells]) -> Iterator[Sequence[Cells]]:
    start = 0
    for size in _AT_ONCE:
        while start + size <= len(rows):
            yield rows[start : start + size]
            start += size


@lru_cache(maxsize=64)
def _filled(statement: str, rows: int, cells: int) -> str:
    marks = f"({', '.join('?' * cells)})"
    return statement.format(rows=", ".join([marks] * rows))
