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


class LocalPredictions:
    """The PredictionStore port. Times in the table are seconds since 1970."""

    at_hand = True

    def __init__(self, database: Database, bell: Bell, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    def get(self, keys: Sequence[str]) -> Sequence[Row | None]:
        with self._database.reading(StoreUnavailable) as connection:
            found = {key: row for key, *row in read_for_rows(connection, _SELECT, [(key,) for key in {*keys}])}
        return [self._row(found.get(key)) for key in keys]

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
