"""The valid entities of a file, each once, in a database that goes with its connection."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic_core import from_json, to_json

Features = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An entity with its features, and the line that has them."""

    line: int
    key: str
    features: Features


class Staged:
    """A million entities take disk, not memory: SQLite keeps a database without a name in a temporary file."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("CREATE TABLE entities (key TEXT PRIMARY KEY, line INTEGER, document BLOB)")
        self._connection.execute("BEGIN")  # one transaction, never committed

    def add(self, entries: Sequence[Entry]) -> dict[int, int]:
        """Keep each of them, except those that are there with other features: line -> the line that was first."""
        rows = [(entry.key, entry.line, to_json(entry.features)) for entry in entries]
        before = self._connection.total_changes
        self._connection.executemany("INSERT OR IGNORE INTO entities VALUES (?, ?, ?)", rows)
        if self._connection.total_changes - before == len(rows):
            return {}
        differing = {}
        for key, line, document in rows:
            first, kept = self._connection.execute(
                "SELECT line, document FROM entities WHERE key = ?", (key,)
            ).fetchone()
            if kept != document:
                differing[line] = first
        return differing

    def __len__(self) -> int:
        count: int = self._connection.execute("SELECT count(*) FROM entities").fetchone()[0]
        return count

    def batches(self, size: int) -> Iterator[list[tuple[str, Features]]]:
        """Keys and features in the file's order, so many at a time."""
        rows = self._connection.execute("SELECT key, document FROM entities ORDER BY rowid")
        while batch := rows.fetchmany(size):
            yield [(key, from_json(document)) for key, document in batch]

    def close(self) -> None:
        """Forget all of it."""
        self._connection.close()
