"""What an event loop does itself with the local queue and store: only what waits for nobody."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from serving.errors import QueueUnavailable
from serving.local.bell import Bell
from serving.local.database import IN_HASTE, LOG_PAGES, Database
from serving.local.predictions import FEW, SMALL, LocalPredictions
from serving.local.queue import AT_ONCE, LocalQueue
from serving.local.queue import SMALL as SMALL_PAYLOAD
from serving.message import Message
from serving.prediction import Prediction, Status
from serving.settings import Settings
from tests.contract.conftest import message_of
from tests.running import ROOT

EXAMPLE = (ROOT / "example.json").read_bytes()
PAGE = 4096


class Here:
    """A queue and a store in one file."""

    def __init__(self, folder: Path, synchronous: str = "normal") -> None:
        self.path = folder / "state.db"
        self.database = Database(self.path, synchronous=synchronous)
        self.bell = Bell(folder / "bells")
        self.queue = LocalQueue(self.database, self.bell)
        self.predictions = LocalPredictions(self.database, self.bell)
        self.pending = Prediction("a", int(time.time() * 1000), int(time.time() * 1000) + 3_600_000)
        self.message = message_of(self.pending)

    @property
    def waiting(self) -> int:
        return self.queue.depth().waiting

    def sends(self, *messages: Message) -> bool:
        return self.queue.send_at_once(messages)

    def finish(self, name: str, size: int) -> None:
        done = self.pending._replace(prediction_id=name, status=Status.SUCCEEDED, result=b"1" * size)
        self.predictions.finish([done])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    here = Here(tmp_path)
    here.queue.depth()  # opened, as the API's first look at its keys does
    yield here
    here.database.close()
    here.bell.close()


def test_an_event_loop_writes_messages_in_their_order(here: Here) -> None:
    assert here.sends(*[here.message._replace(prediction_id=f"p{i}") for i in range(40)])
    received = here.queue.receive(owner="w", lease=9, most=99, most_bytes=1 << 20)
    assert [here.queue.open(each.body).prediction_id for each in received] == [f"p{i}" for i in range(40)]


def test_nobody_waits_for_another_writer(here: Here) -> None:
    with closing(sqlite3.connect(here.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = time.monotonic()
        assert not here.sends(here.message)
        assert time.monotonic() - before < 2, "a patient writer would wait for five seconds"
        other.execute("ROLLBACK")
    assert here.waiting == 0
    assert here.sends(here.message)
    assert here.waiting == 1


def test_nothing_is_written_where_a_write_fails_half_way(here: Here) -> None:
    with closing(sqlite3.connect(here.path, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.body LIKE '%p16%'"
            " BEGIN SELECT raise(ABORT, 'no room'); END"
        )
        assert not here.sends(*[here.message._replace(prediction_id=f"p{i}") for i in range(17)])
        other.execute("DROP TRIGGER full")
    assert here.waiting == 0
    assert here.sends(here.message), "the connection is in no transaction any more"


def test_no_transaction_stays_open_whatever_goes_wrong(here: Here) -> None:
    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM messages")
        raise MemoryError

    here.queue.send([here.message])
    with pytest.raises(MemoryError):
        here.database.write_at_once(breaks)
    here.queue.send([here.message])
    assert here.waiting == 2


def test_large_messages_are_left_to_a_thread(here: Here) -> None:
    assert not here.sends(here.message._replace(payload=b"1" * (SMALL_PAYLOAD + 1)))
    largest = here.message._replace(payload=b"1" * SMALL_PAYLOAD)
    assert here.sends(*[largest] * 16)
    assert not here.sends(*[largest] * 17)
    assert here.waiting == 16


def test_before_the_file_is_prepared_nothing_is_done_at_once(tmp_path: Path) -> None:
    new = Here(tmp_path)
    assert not new.sends(new.message)
    assert new.predictions.get_at_once(["a"]) is None
    assert not new.path.exists()


@pytest.mark.parametrize("synchronous", ["full", "extra"])
def test_who_wants_the_disk_to_be_waited_for_has_a_thread_wait(tmp_path: Path, synchronous: str) -> None:
    careful = Here(tmp_path, synchronous)
    careful.queue.send([careful.message])
    assert not careful.sends(careful.message)
    assert careful.predictions.get_at_once(["a"]) == [None]
    careful.database.close()


def test_the_log_does_not_grow_although_nobody_else_writes(here: Here) -> None:
    large = [here.message._replace(payload=b"1" * SMALL_PAYLOAD)] * 16
    patient = 0
    for _ in range(6 * IN_HASTE):
        if not here.sends(*large):
            patient += 1
            here.queue.send(large)
    assert patient == 6
    log = here.path.with_name("state.db-wal").stat().st_size
    assert log < 2 * PAGE * LOG_PAGES + IN_HASTE * 2 * AT_ONCE < 6 * IN_HASTE * AT_ONCE


def test_what_is_read_at_once_is_small(here: Here) -> None:
    here.finish("small", SMALL // 2)
    here.finish("large", 2 * SMALL)
    (small, nothing) = here.predictions.get_at_once(["small", "nothing"]) or (None, None)
    assert small == here.predictions.get(["small"])[0] is not None
    assert nothing is None
    assert here.predictions.get_at_once(["small", "large"]) is None
    here.predictions.erase(here.pending)
    (erased,) = here.predictions.get_at_once(["a"]) or [None]
    assert erased == here.predictions.get(["a"])[0] is not None
    assert here.predictions.get_at_once([f"p{i}" for i in range(FEW)]) == [None] * FEW
    assert here.predictions.get_at_once([f"p{i}" for i in range(FEW + 1)]) is None


def test_the_api_answers_others_while_the_queue_is_locked(tmp_path: Path) -> None:
    settings = Settings.read({}, project_dir=ROOT, state_dir=tmp_path / "state")
    app = create_app(settings)

    async def asked() -> tuple[httpx.Response, httpx.Response, bool]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            await client.post("/api/predict", content=EXAMPLE)
            locked, free = threading.Event(), threading.Event()
            holder = threading.Thread(target=_hold, args=(settings.state_dir / "state.db", locked, free))
            holder.start()
            await asyncio.to_thread(locked.wait)
            posting = asyncio.ensure_future(client.post("/api/predict", content=EXAMPLE))
            other = await client.get("/api/schema")
            await asyncio.sleep(0.3)
            too_soon = posting.done()
            free.set()
            answer = await posting
            holder.join()
            return answer, other, too_soon

    answer, other, too_soon = asyncio.run(asked())
    assert (answer.status_code, other.status_code, too_soon) == (202, 200, False)


def test_who_waits_is_told_at_once_that_nothing_was_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(own: LocalQueue, messages: object) -> None:
        raise QueueUnavailable("the disk is full")

    app = create_app(Settings.read({}, project_dir=ROOT, state_dir=tmp_path / "state"))
    monkeypatch.setattr(LocalQueue, "send_at_once", lambda *_: False)
    monkeypatch.setattr(LocalQueue, "send", full)

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.post("/api/predict", content=EXAMPLE, headers={"Prefer": "wait=25"})

    before = time.monotonic()
    assert asyncio.run(asked()).status_code == 503
    assert time.monotonic() - before < 20


def _hold(path: Path, locked: threading.Event, free: threading.Event) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        locked.set()
        free.wait(4)
        connection.execute("ROLLBACK")
