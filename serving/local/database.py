"""The one SQLite file: its tables, a connection for each thread, and its errors translated."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from serving.errors import Unavailable
from serving.local.lock import locked

Read = TypeVar("Read")

BUSY_MS = 5_000
LOG_PAGES = 4_000
"""Of 4 KiB, after which the write-ahead log is copied into the file: a page of the queue is written three times."""
IN_HASTE = 64
"""Writes without waiting, after which one is refused: who has to wait for the disk copies the log, too."""
_LETTERS = """
CREATE TABLE IF NOT EXISTS dead_letters (
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL,
    died_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (id, died_at)
)
"""
_MESSAGES = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    size INTEGER NOT NULL,
    sent_at REAL NOT NULL,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS leases (
    id INTEGER PRIMARY KEY,
    visible_at REAL NOT NULL,
    receives INTEGER NOT NULL,
    owner TEXT
)
"""
"""A lease stands beside its message: to receive it does not write its body again."""
SCHEMA = f"""
{_MESSAGES};
CREATE TABLE IF NOT EXISTS predictions (
    key TEXT PRIMARY KEY,
    status TEXT,
    document BLOB,
    redrivable INTEGER NOT NULL DEFAULT 0,
    expires_at REAL
);
CREATE INDEX IF NOT EXISTS predictions_by_expiry ON predictions (expires_at) WHERE expires_at IS NOT NULL;
{_LETTERS};
"""
_EARLIER = {
    "SELECT 1 FROM pragma_table_info('dead_letters') WHERE name = 'died_at' AND NOT pk": (
        "ALTER TABLE dead_letters RENAME TO earlier_letters",
        _LETTERS,
        "INSERT INTO dead_letters SELECT id, body, reason, died_at, expires_at FROM earlier_letters",
        "DROP TABLE earlier_letters",
    ),
    "SELECT 1 FROM pragma_table_info('messages') WHERE name = 'owner'": (
        "DROP INDEX IF EXISTS messages_by_visibility",
        "DROP INDEX IF EXISTS messages_by_return",
        "ALTER TABLE messages RENAME TO earlier_messages",
        _MESSAGES,
        "INSERT INTO messages SELECT id, body, size, sent_at, expires_at FROM earlier_messages",
        "INSERT INTO leases SELECT id, visible_at, receives, owner FROM earlier_messages WHERE visible_at > 0",
        "UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence) WHERE name = 'messages'",
        "DROP TABLE earlier_messages",
    ),
}
"""What tells a file of an earlier version, and what makes it one of today's: several letters of an id, leases apart."""


class _Connection(sqlite3.Connection):
    """Closed with its thread, which nobody else can do for it."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):
            self.close()


class Database:
    """Write-ahead log, so that readers never wait for the writer; times are seconds since 1970."""

    def __init__(self, path: Path, *, synchronous: str = "normal") -> None:
        self._path = path
        self._synchronous = synchronous
        self._local = threading.local()
        self._prepared = False
        self._hasty_writes = 0

    def connection(self, translated: type[Unavailable]) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode. Raises `translated` when the file can't be opened."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with _translate(translated):
                connection = self._connect()
            self._local.connection = connection
        return connection

    @contextmanager
    def reading(self, translated: type[Unavailable]) -> Iterator[sqlite3.Connection]:
        """A connection for one or more SELECTs."""
        connection = self.connection(translated)
        with _translate(translated):
            yield connection

    @contextmanager
    def writing(self, translated: type[Unavailable]) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is durable when the block ends, or none of it."""
        connection = self.connection(translated)
        with _translate(translated):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def read_at_once(self, read: Callable[[sqlite3.Connection], Read]) -> Read | None:
        """What `read` returns, for an event loop: None where it would wait for another, or anything is wrong."""
        try:
            connection = self._hasty()
            return None if connection is None else read(connection)
        except sqlite3.Error:
            return None

    def write_at_once(self, write: Callable[[sqlite3.Connection], object]) -> bool:
        """A transaction for an event loop. False: nothing was written, `writing` has to do it and to say what is wrong.

        So it is where the write would wait: for another writer, or for the log to be copied. The disk is waited for
        when SQLite begins the log anew: once in LOG_PAGES.
        """
        self._hasty_writes += 1
        if self._synchronous not in {"normal", "off"} or self._hasty_writes % IN_HASTE == 0:
            return False
        connection = None
        try:
            connection = self._hasty()
            if connection is None:
                return False
            connection.execute("BEGIN IMMEDIATE")
            write(connection)
            connection.execute("COMMIT")
        except sqlite3.Error:
            return False
        finally:
            if connection is not None and connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
        return True

    def close(self) -> None:
        """Close this thread's connections."""
        for name in ("connection", "hasty"):
            connection: sqlite3.Connection | None = self._local.__dict__.pop(name, None)
            if connection is not None:
                connection.close()

    def _hasty(self) -> sqlite3.Connection | None:
        """This thread's other connection, which waits for nobody; None before the file has been prepared."""
        connection: sqlite3.Connection | None = getattr(self._local, "hasty", None)
        if connection is None and self._prepared:
            connection = self._local.hasty = self._tuned(self._opened(busy_ms=0), log_pages=0)
        return connection

    def _opened(self, *, busy_ms: int) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=busy_ms / 1000, isolation_level=None, factory=_Connection)

    def _tuned(self, connection: sqlite3.Connection, *, log_pages: int) -> sqlite3.Connection:
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {log_pages}")
        connection.execute("PRAGMA temp_store = MEMORY")  # what a savepoint may have to undo: else a file for each
        return connection

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._opened(busy_ms=BUSY_MS)
        if not self._prepared:
            with locked(self._path.with_suffix(".lock")):  # SQLite does not wait for who turns the log on first
                connection.execute("PRAGMA journal_mode = WAL")
                for told, steps in _EARLIER.items():
                    if connection.execute(told).fetchone():
                        connection.executescript(";\n".join(("BEGIN IMMEDIATE", *steps, "COMMIT")))
                connection.executescript(SCHEMA)
            self._prepared = True
        return self._tuned(connection, log_pages=LOG_PAGES)


@contextmanager
def _translate(translated: type[Unavailable]) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise translated(f"SQLite: {error}") from error
