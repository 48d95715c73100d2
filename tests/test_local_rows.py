"""Many rows are written, read and deleted in few statements, however many they are."""

import sqlite3
from collections.abc import Iterator

import pytest

from serving.local.rows import read_for_rows, run_for_rows

INSERT = "INSERT INTO pairs (name, size) VALUES {rows} ON CONFLICT DO NOTHING"
SELECT = "SELECT name, size FROM pairs WHERE name IN (VALUES {rows})"
DELETE = "DELETE FROM pairs WHERE name IN (VALUES {rows})"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE pairs (name TEXT PRIMARY KEY, size INTEGER)")
    yield connection
    connection.close()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 16, 127, 128, 129, 1_000])
def test_every_row_is_written_read_and_deleted(connection: sqlite3.Connection, count: int) -> None:
    rows = [(f"name {number}", number) for number in range(count)]
    names = [(name,) for name, _ in rows]
    assert run_for_rows(connection, INSERT, rows) == count
    assert sorted(read_for_rows(connection, SELECT, [*names, ("nobody",)])) == sorted(rows)
    assert run_for_rows(connection, DELETE, names[:100]) == min(count, 100)
    assert connection.execute("SELECT count(*) FROM pairs").fetchone() == (max(0, count - 100),)


def test_what_is_there_already_is_not_counted(connection: sqlite3.Connection) -> None:
    assert run_for_rows(connection, INSERT, [("a", 1), ("b", 2)]) == 2
    assert run_for_rows(connection, INSERT, [("a", 3), ("c", 4), ("c", 5)]) == 1
    assert sorted(read_for_rows(connection, SELECT, [("a",), ("b",), ("c",)])) == [("a", 1), ("b", 2), ("c", 4)]
