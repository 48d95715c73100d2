"""The drill's witness: triggers in the service's own database that write down each message and each answer.

They also break something: a tenth of the messages is delivered twice, another tenth late, so that others overtake it.
"""

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.1
LATEST = 3000
"""Milliseconds by which a message is late, at most; so is a second delivery."""
_TRIGGERS = f"""
CREATE TABLE IF NOT EXISTS drill_sent (seq INTEGER PRIMARY KEY, id TEXT, payload TEXT, twice INT, late INT);
CREATE TABLE IF NOT EXISTS drill_answers (seq INTEGER PRIMARY KEY, id TEXT, was TEXT, became TEXT, document BLOB);
CREATE TRIGGER IF NOT EXISTS drill_sending AFTER INSERT ON messages BEGIN
    INSERT INTO drill_sent (id, payload, twice, late) VALUES (
        json_extract(substr(NEW.body, 1, instr(NEW.body, char(10))), '$.prediction_id'),
        substr(NEW.body, instr(NEW.body, char(10)) + 1), abs(random()) % 10 = 0, abs(random()) % 10 = 0
    );
    INSERT INTO messages (body, size, sent_at, expires_at)
        SELECT NEW.body, NEW.size, NEW.sent_at, NEW.expires_at
        FROM drill_sent WHERE seq = (SELECT max(seq) FROM drill_sent) AND twice;
    INSERT INTO leases (id, visible_at, receives)
        SELECT (SELECT max(id) FROM messages), NEW.sent_at + abs(random()) % {LATEST} / 1000.0, 0
        FROM drill_sent WHERE seq = (SELECT max(seq) FROM drill_sent) AND twice;
    INSERT INTO leases (id, visible_at, receives)
        SELECT NEW.id, NEW.sent_at + abs(random()) % {LATEST} / 1000.0, 0
        FROM drill_sent WHERE seq = (SELECT max(seq) FROM drill_sent) AND late;
END;
CREATE TRIGGER IF NOT EXISTS drill_answering AFTER INSERT ON predictions WHEN NEW.status IS NOT NULL BEGIN
    INSERT INTO drill_answers (id, became) VALUES (NEW.key, NEW.status);
END;
CREATE TRIGGER IF NOT EXISTS drill_changing AFTER UPDATE ON predictions WHEN OLD.status IS NOT NULL BEGIN
    INSERT INTO drill_answers (id, was, became, document) VALUES (NEW.key, OLD.status, NEW.status, NEW.document);
END;
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A terminal write, as the witness saw it."""

    id: str
    was: str | None  # the status that it took the place of; None for a first answer
    became: str
    erased: bool
    at: float  # seconds since the drill began, by this process's clock


class Witness:
    """Follows what the triggers write; `answers` has one entry for each terminal write so far."""

    def __init__(self, path: Path, began: float) -> None:
        self._path = path
        self._began = began
        self._ending = threading.Event()
        self.answers: list[Written] = []
        with closing(self._connect()) as database:
            database.executescript(_TRIGGERS)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()

    def sent(self) -> Sequence[tuple[str, str, bool, bool]]:
        """Each message: id, payload, whether it was delivered twice, and late."""
        with closing(self._connect()) as database:
            return database.execute("SELECT id, payload, twice, late FROM drill_sent").fetchall()

    def left(self) -> dict[str, int]:
        """What is still in each of the service's tables that must be empty in the end."""
        with closing(self._connect()) as database:
            tables = {"messages": "messages", "leases": "leases", "dead letters": "dead_letters"}
            return {
                name: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in tables.items()
            }

    def unsent(self, claim: str) -> bool:
        """Whether this row of an Idempotency-Key is there, and no message of its prediction was ever sent."""
        query = (
            "SELECT count(*) FROM predictions WHERE key = ?"
            " AND json_extract(CAST(document AS TEXT), '$.prediction_id') NOT IN (SELECT id FROM drill_sent)"
        )
        with closing(self._connect()) as database:
            return bool(database.execute(query, (claim,)).fetchone()[0])

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60, isolation_level=None)

    def _follow(self) -> None:
        last = 0
        with closing(self._connect()) as database:
            while True:
                ending = self._ending.wait(LOOK_SECONDS)
                rows = database.execute(
                    "SELECT seq, id, was, became, document IS NULL FROM drill_answers WHERE seq > ? ORDER BY seq",
                    (last,),
                ).fetchall()
                now = time.monotonic() - self._began
                for seq, id_, was, became, empty in rows:
                    erased = bool(was and empty)
                    self.answers.append(Written(id=id_, was=was, became=became, erased=erased, at=now))
                    last = seq
                if ending:
                    return
