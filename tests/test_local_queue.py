"""The local queue's other end: what the event source needs of it, and no port promises."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from serving.errors import QueueUnavailable
from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.queue import LocalDeadLetters, LocalQueue, Received
from serving.message import Message
from serving.ports import DeadLetter
from serving.prediction import Prediction
from tests.contract.conftest import Clock, message_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Iterator[LocalQueue]:
    database, bell = Database(tmp_path / "state.db"), Bell(tmp_path / "bells")
    yield LocalQueue(database, bell, clock=clock)
    database.close()
    bell.close()


@pytest.fixture
def message(clock: Clock) -> Message:
    return message_of(Prediction(prediction_id="a", accepted_at=clock.ms, expires_at=clock.ms + 3_600_000))


def receive(
    queue: LocalQueue, most: int = 10, most_bytes: int = 1 << 20, owner: str = "worker-1"
) -> Sequence[Received]:
    return queue.receive(owner=owner, lease=30, most=most, most_bytes=most_bytes)


def test_messages_come_in_the_order_they_were_sent(queue: LocalQueue, message: Message) -> None:
    sent = [message._replace(prediction_id=f"p{i}") for i in range(5)]
    queue.send(sent[:3])
    queue.send(sent[3:])
    assert [queue.open(r.body) for r in receive(queue)] == sent


def test_a_batch_is_limited_in_messages_and_bytes_but_never_empty(queue: LocalQueue, message: Message) -> None:
    queue.send([message] * 6)
    assert len(receive(queue, most=2)) == 2
    assert len(receive(queue, most_bytes=1)) == 1
    size = len(message.to_text())
    assert len(receive(queue, most_bytes=2 * size)) == 2


def test_each_of_two_workers_leases_what_the_other_has_not(queue: LocalQueue, message: Message, clock: Clock) -> None:
    queue.send([message._replace(prediction_id=f"p{i}") for i in range(9)])
    held = [receive(queue, most=2, owner=f"worker-{i % 2}") for i in range(3)]
    queue.postpone(held[1][0].id, 0)
    rest = receive(queue, most=3)
    assert [queue.open(r.body).prediction_id for r in rest] == ["p2", "p6", "p7"]
    assert [r.receives for r in rest] == [2, 1, 1]
    clock.passes(31)
    assert [r.receives for r in receive(queue)] == [2, 2, 3, 2, 2, 2, 2, 2, 1]


def test_it_tells_when_the_next_message_becomes_visible(queue: LocalQueue, message: Message) -> None:
    assert queue.next_visible() is None
    queue.send([message])
    assert queue.next_visible() == 0
    queue.postpone(receive(queue)[0].id, 5)
    assert queue.next_visible() == pytest.approx(5, abs=0.01)
    queue.send([message])
    assert queue.next_visible() == 0
    receive(queue)
    assert queue.next_visible() == pytest.approx(5, abs=0.01), "a lease is longer"
    queue.release("worker-1")
    assert queue.next_visible() == 0


def test_the_leases_of_the_dead_are_released(queue: LocalQueue, message: Message) -> None:
    queue.send([message, message])
    receive(queue, most=1, owner="the dead")
    receive(queue, most=1, owner="the living")
    assert queue.release("the dead") == 1
    assert len(receive(queue)) == 1


@pytest.mark.parametrize("jump", [60, 3600, 30 * 86_400])
def test_a_clock_that_jumps_back_hides_nothing(queue: LocalQueue, message: Message, clock: Clock, jump: float) -> None:
    clock.passes(jump)
    queue.send([message])
    clock.passes(-jump)
    assert len(receive(queue)) == 1


def test_a_lease_lasts_a_quarter_of_an_hour_longer_at_most_when_the_clock_jumps_back(
    queue: LocalQueue, message: Message, clock: Clock
) -> None:
    clock.passes(3600)
    queue.send([message])
    receive(queue)
    clock.passes(-3600)
    assert len(receive(queue)) == 1, "an hour is more than any lease"
    clock.passes(-600)
    assert not receive(queue), "ten minutes may be a message that is postponed"
    clock.passes(600 + 30)
    assert len(receive(queue)) == 1


def test_it_tells_the_age_of_the_oldest_message(queue: LocalQueue, message: Message, clock: Clock) -> None:
    queue.send([message])
    clock.passes(7)
    assert queue.depth().oldest_seconds == pytest.approx(7, abs=0.01)


def test_messages_whose_receipt_has_expired_are_swept(queue: LocalQueue, message: Message, clock: Clock) -> None:
    queue.send([message])
    assert queue.sweep() == 0
    clock.passes(3601)
    assert queue.sweep() == 1


def test_messages_of_a_file_that_held_their_leases_are_delivered(tmp_path: Path, message: Message) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as earlier:
        earlier.execute(
            "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, size INTEGER NOT NULL,"
            " sent_at REAL NOT NULL, visible_at REAL NOT NULL, receives INTEGER NOT NULL DEFAULT 0, owner TEXT,"
            " expires_at REAL NOT NULL)"
        )
        earlier.execute("CREATE INDEX messages_by_visibility ON messages (visible_at)")
        earlier.executemany(
            "INSERT INTO messages (body, size, sent_at, visible_at, receives, expires_at) VALUES (?, 9, 0, ?, ?, 9e9)",
            [(message.to_text(), *lease) for lease in ((0.0, 0), (1.0, 4), (8e9, 1), (0.0, 0))],
        )
        earlier.execute("DELETE FROM messages WHERE id = 4")
        earlier.commit()
    database = Database(path)
    queue = LocalQueue(database, Bell(tmp_path / "bells"))
    assert len(receive(queue, most=1)) == 1
    assert [each.receives for each in receive(queue)] == [5, 2], "and what a clock that jumped back has hidden"
    with database.reading(QueueUnavailable) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE tbl_name LIKE '%messages%'").fetchall()
        assert tables == [("messages",)]
    queue.send([message])
    assert [each.id for each in receive(queue)] == ["5"], "a number is not given twice"
    database.close()


def test_letters_of_a_file_that_held_one_for_each_id_are_taken_over(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as earlier:
        earlier.execute(
            "CREATE TABLE dead_letters (id TEXT PRIMARY KEY, body TEXT NOT NULL, reason TEXT NOT NULL,"
            " died_at REAL NOT NULL, expires_at REAL NOT NULL)"
        )
        earlier.execute("INSERT INTO dead_letters VALUES ('a', 'the body', 'why', 1700000000000, 1800000000000)")
        earlier.commit()
    for _ in range(2):  # a file is taken over once
        database = Database(path)
        letters = LocalDeadLetters(database, clock=clock)
        first = letters.find("a")
        assert first == DeadLetter(
            id="a", body="the body", reason="why", died_at=1_700_000_000_000, expires_at=1_800_000_000_000
        )
        letters.keep(replace(first, died_at=first.died_at + 1))
        letters.remove(replace(first, died_at=first.died_at - 1))
        (key,) = letters.keys()
        assert key.died_at == first.died_at + 1
        letters.remove(replace(first, died_at=first.died_at + 1))
        letters.keep(first)
        database.close()
