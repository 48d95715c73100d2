"""The queue and the dead letters in SQLite: atomic enqueue, batched dequeue with leases, receive counts."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from serving.errors import QueueUnavailable
from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.rows import run_for_rows
from serving.message import Message
from serving.ports import DeadLetter, Depth, LetterKey

RELEASED = 0.0
"""When a message is visible whose owner died."""
LONGEST_DELAY = 900.0
"""Seconds that a message is postponed, or a lease: what is hidden for longer has met a clock that jumped back."""
SMALL = 16_384
AT_ONCE = 16 * SMALL
"""Bytes of one payload, and of all, up to which an event loop may write them itself."""


class Received(NamedTuple):
    """A message under a lease; `receives` counts this delivery too."""

    id: str
    body: str
    receives: int


class LocalQueue:
    """The PredictionQueue port, and what Lambda's own trigger does on AWS: receive, delete, release."""

    def __init__(self, database: Database, bell: Bell, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    def send(self, messages: Sequence[Message]) -> None:
        rows = self._rows(messages)
        with self._database.writing(QueueUnavailable) as connection:
            run_for_rows(connection, _INSERT, rows)
        self._bell.ring(new=len(rows))

    def send_at_once(self, messages: Sequence[Message]) -> bool:
        sizes = [len(message.payload) for message in messages]
        if max(sizes, default=0) > SMALL or sum(sizes) > AT_ONCE:
            return False
        rows = self._rows(messages)
        if not self._database.write_at_once(lambda connection: run_for_rows(connection, _INSERT, rows)):
            return False
        self._bell.ring(new=len(rows))
        return True

    def _rows(self, messages: Sequence[Message]) -> list[tuple[str, int, float, float]]:
        now = self._clock()
        texts = [(message.to_text(), message.expires_at / 1000) for message in messages]
        return [(text, len(text), now, expires_at) for text, expires_at in texts]

    def expect(self, bodies: Sequence[str]) -> None:
        """Nothing to begin: bodies are whole."""

    def open(self, body: str) -> Message:
        return Message.from_text(body)

    def postpone(self, handle: str, seconds: float) -> None:
        with self._database.writing(QueueUnavailable) as connection:
            connection.execute(
                "UPDATE leases SET visible_at = ?, owner = NULL WHERE id = ?", (self._clock() + seconds, handle)
            )

    def depth(self) -> Depth:
        now = self._clock()
        with self._database.reading(QueueUnavailable) as connection:
            total, in_flight, oldest = connection.execute(
                "SELECT count(*), (SELECT count(*) FROM leases WHERE owner IS NOT NULL), min(sent_at) FROM messages"
            ).fetchone()
        oldest_seconds = round(max(0.0, now - oldest), 3) if oldest else 0.0
        return Depth(waiting=total - in_flight, in_flight=in_flight, oldest_seconds=oldest_seconds)

    def receive(self, *, owner: str, lease: float, most: int, most_bytes: int) -> Sequence[Received]:
        """Lease the oldest visible messages to `owner` for `lease` seconds: at least one, if there is one."""
        now = self._clock()
        visible = (now, now + max(lease, LONGEST_DELAY))
        received: list[Received] = []
        total = last = 0
        with self._database.writing(QueueUnavailable) as connection:
            found = connection.execute(_VISIBLE, (*visible, most))
            for id_, size, body, receives in found:
                total += size
                if received and total > most_bytes:
                    break
                received.append(Received(str(id_), body, receives))
                last = id_
            found.close()
            if received:
                connection.execute(_LEASE, (now + lease, owner, *visible, last))
        return received

    def visible(self, most: int, *, lease: float) -> int:
        """How many messages `receive` would find, counted up to `most`."""
        now = self._clock()
        with self._database.reading(QueueUnavailable) as connection:
            return len(connection.execute(_IDS, (now, now + max(lease, LONGEST_DELAY), most)).fetchall())

    def delete(self, ids: Sequence[str]) -> None:
        """The messages are done."""
        with self._database.writing(QueueUnavailable) as connection:
            for statement in _DELETE:
                run_for_rows(connection, statement, [(id_,) for id_ in ids])

    def release(self, owner: str) -> int:
        """Make what a dead owner had leased visible again; returns how many messages."""
        with self._database.writing(QueueUnavailable) as connection:
            cursor = connection.execute(
                "UPDATE leases SET visible_at = ?, owner = NULL WHERE owner = ?", (RELEASED, owner)
            )
            return cursor.rowcount

    def next_visible(self) -> float | None:
        """Seconds until the next message becomes visible; None when there is none.

        It is for one who has just received nothing: of what has no lease only the newest is looked at.
        """
        with self._database.reading(QueueUnavailable) as connection:
            newest = connection.execute("SELECT id FROM messages ORDER BY id DESC LIMIT 1").fetchone()
            if newest is None:
                return None
            leased, hidden = connection.execute(
                "SELECT count(*) FILTER (WHERE id = ?), min(visible_at) FROM leases JOIN messages USING (id)", newest
            ).fetchone()
        if not leased or hidden is None:  # it came, or became another, this moment
            return 0.0
        return float(max(0.0, hidden - self._clock()))

    def sweep(self) -> int:
        """Delete messages whose receipts have expired; returns how many."""
        with self._database.writing(QueueUnavailable) as connection:
            count = connection.execute("DELETE FROM messages WHERE expires_at <= ?", (self._clock(),)).rowcount
            connection.execute("DELETE FROM leases WHERE id NOT IN (SELECT id FROM messages)")
        return count


_INSERT = "INSERT INTO messages (body, size, sent_at, expires_at) VALUES {rows}"
_OF_VISIBLE = (
    " FROM messages LEFT JOIN leases USING (id)"
    " WHERE (leases.id IS NULL OR leases.visible_at <= ? OR leases.visible_at > ?)"
)
_IDS = "SELECT messages.id" + _OF_VISIBLE + " LIMIT ?"
_VISIBLE = "SELECT messages.id, size, body, coalesce(receives, 0) + 1" + _OF_VISIBLE + " ORDER BY messages.id LIMIT ?"
_LEASE = (  # the same messages in one statement: in the order of ids, which ends with the last of them
    "INSERT INTO leases (visible_at, owner, id, receives)"
    " SELECT ?, ?, messages.id, coalesce(receives, 0) + 1" + _OF_VISIBLE + " AND messages.id <= ?"
    " ON CONFLICT DO UPDATE SET visible_at = excluded.visible_at, owner = excluded.owner, receives = excluded.receives"
)
_DELETE = ("DELETE FROM messages WHERE id IN (VALUES {rows})", "DELETE FROM leases WHERE id IN (VALUES {rows})")


class LocalDeadLetters:
    """The DeadLetters port."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def keep(self, letter: DeadLetter) -> None:
        with self._database.writing(QueueUnavailable) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO dead_letters (id, body, reason, died_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                (letter.id, letter.body, letter.reason, letter.died_at, letter.expires_at),
            )

    def keys(self) -> Sequence[LetterKey]:
        with self._database.reading(QueueUnavailable) as connection:
            rows = connection.execute(
                "SELECT id, max(died_at) AS newest FROM dead_letters GROUP BY id ORDER BY newest, id"
            ).fetchall()
        return [LetterKey(id=id_, died_at=died_at) for id_, died_at in rows]

    def find(self, id: str) -> DeadLetter | None:
        with self._database.reading(QueueUnavailable) as connection:
            row = connection.execute(
                "SELECT id, body, reason, died_at, expires_at FROM dead_letters WHERE id = ?"
                " ORDER BY died_at DESC LIMIT 1",
                (id,),
            ).fetchone()
        return row and DeadLetter(id=row[0], body=row[1], reason=row[2], died_at=row[3], expires_at=row[4])

    def remove(self, letter: LetterKey) -> None:
        with self._database.writing(QueueUnavailable) as connection:
            connection.execute("DELETE FROM dead_letters WHERE id = ? AND died_at <= ?", (letter.id, letter.died_at))

    def sweep(self) -> int:
        """Delete letters whose receipts have expired; returns how many."""
        with self._database.writing(QueueUnavailable) as connection:
            now = self._clock() * 1000
            return connection.execute("DELETE FROM dead_letters WHERE expires_at <= ?", (now,)).rowcount
