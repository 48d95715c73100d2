"""The prediction store in SQLite: the first terminal write wins, and nothing is read past its expiry."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any

from serving.errors import StoreUnavailable
from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.rows import read_for_rows, run_for_rows
from serving.ports import Row
from serving.prediction import Prediction, Status

FEW = 256
SMALL = 16_384
"""Rows, and bytes of each document (as _SELECT_SMALL says it), up to which an event loop may read them itself."""


class LocalPredictions:
    """The PredictionStore port. Times in the table are seconds since 1970."""

    def __init__(self, database: Database, bell: Bell, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    def get(self, keys: Sequence[str]) -> Sequence[Row | None]:
        with self._database.reading(StoreUnavailable) as connection:
            found = {key: row for key, *row in read_for_rows(connection, _SELECT, [(key,) for key in {*keys}])}
        return [self._row(found.get(key)) for key in keys]

    def get_at_once(self, keys: Sequence[str]) -> Sequence[Row | None] | None:
        if len(keys) > FEW:
            return None
        found = self._database.read_at_once(
            lambda connection: list(read_for_rows(connection, _SELECT_SMALL, [(key,) for key in {*keys}]))
        )
        if found is None or any(size is not None and size > SMALL for *_, size in found):
            return None
        rows = {key: row for key, *row, _ in found}
        return [self._row(rows.get(key)) for key in keys]

    def finish(self, predictions: Sequence[Prediction], *, redriven: bool = False) -> Sequence[bool]:
        statement = _REPLACE_DEAD if redriven else _INSERT
        # Enums and booleans would be put through SQLite's adapters, a third of the time that a row takes.
        rows = [
            (p.prediction_id, p.status.value, p.to_json(), int(p.redrivable), p.expires_at / 1000) for p in predictions
        ]
        with self._database.writing(StoreUnavailable) as connection:
            written = _written(connection, statement, rows)
        self._bell.ring([row[0] for row in rows])
        return written

    def erase(self, prediction: Prediction) -> None:
        with self._database.writing(StoreUnavailable) as connection:
            connection.execute(_ERASE, (prediction.prediction_id, Status.CANCELLED, prediction.expires_at / 1000))
            connection.execute("DELETE FROM dead_letters WHERE id = ?", (prediction.prediction_id,))
        self._bell.ring([prediction.prediction_id])

    def swap(self, key: str, document: bytes, *, expected: bytes | None, expires_at: int | None = None) -> bool:
        until = expires_at and expires_at / 1000
        with self._database.writing(StoreUnavailable) as connection:
            if expected is None:
                cursor = connection.execute(_CLAIM, (key, document, until, self._clock()))
            else:
                cursor = connection.execute(_SWAP, (document, until, key, expected, self._clock()))
        return cursor.rowcount == 1

    def sweep(self, most: int = 1_000) -> int:
        """Delete expired rows, at most `most` at a time so that writers don't wait; returns how many."""
        with self._database.writing(StoreUnavailable) as connection:
            return connection.execute(
                "DELETE FROM predictions WHERE key IN (SELECT key FROM predictions WHERE expires_at <= ? LIMIT ?)",
                (self._clock(), most),
            ).rowcount

    def _row(self, found: Sequence[Any] | None) -> Row | None:
        if found is None:
            return None
        document, status, expires_at = found
        if expires_at is not None and expires_at <= self._clock():
            return None
        return Row(document=document, status=Status(status) if status else None)


def _written(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> list[bool]:
    """Whether each row was written. Mostly all are: in few statements that is much faster than in one for each."""
    connection.execute("SAVEPOINT together")
    if run_for_rows(connection, statement, rows) == len(rows):
        return [True] * len(rows)
    connection.execute("ROLLBACK TO together")
    return [run_for_rows(connection, statement, [row]) == 1 for row in rows]


_SELECT = "SELECT key, document, status, expires_at FROM predictions WHERE key IN (VALUES {rows})"
_SELECT_SMALL = (  # the length of a document is known without reading it; what stands behind it in the row is not
    "SELECT key, CASE WHEN length(document) <= 16384 THEN document END, status,"
    " CASE WHEN document IS NULL OR length(document) <= 16384 THEN expires_at END, length(document)"
    " FROM predictions WHERE key IN (VALUES {rows})"
)
_INSERT = "INSERT INTO predictions (key, status, document, redrivable, expires_at) VALUES {rows} ON CONFLICT DO NOTHING"
_CLAIM = (
    "INSERT INTO predictions (key, document, expires_at) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET document = excluded.document, expires_at = excluded.expires_at"
    " WHERE predictions.expires_at <= ?"
)
_SWAP = (
    "UPDATE predictions SET document = ?, expires_at = ?"
    " WHERE key = ? AND document = ? AND (expires_at IS NULL OR expires_at > ?)"
)
_REPLACE_DEAD = (
    "INSERT INTO predictions (key, status, document, redrivable, expires_at) VALUES {rows}"
    " ON CONFLICT DO UPDATE SET status = excluded.status, document = excluded.document,"
    " redrivable = excluded.redrivable WHERE predictions.redrivable"
)
_ERASE = (
    "INSERT INTO predictions (key, status, expires_at) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET document = NULL, redrivable = 0"
)
