"""The next batch is waited for until it is as large as the last one; who waits is told how many have come."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from serving.local.connect import LocalBackend, connect_local
from serving.local.event_source import EventSource
from serving.local.pace import Pace
from serving.message import Message
from serving.settings import Settings
from tests.running import ROOT


class Patient(Pace):
    """Has seen a batch of eight, and waits for the next as long as it takes."""

    def __init__(self) -> None:
        super().__init__(60)
        self.expected = 8

    def until(self) -> float:
        return time.monotonic() + 30


class Sizes(list[int]):
    """A handler that notes how large its batches are."""

    def __call__(self, event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        self.append(len(event["Records"]))
        return {"batchItemFailures": []}


@pytest.fixture
def backend(tmp_path: Any) -> Iterator[LocalBackend]:
    backend = connect_local(Settings.read({}, project_dir=ROOT, state_dir=tmp_path / "state"))
    yield backend
    backend.close()


@pytest.fixture
def sizes() -> Sizes:
    return Sizes()


@pytest.fixture
def source(backend: LocalBackend, sizes: Sizes) -> Iterator[EventSource]:
    source = EventSource(
        backend, worker=sizes, dead_letters=sizes, name="w", timeout=60, max_receives=3, batch_bytes=1 << 20
    )
    source._pace = Patient()
    yield source
    source.close()


def send(backend: LocalBackend, count: int) -> None:
    now = int(time.time() * 1000)
    message = Message("a", now, now + 60_000, schema_hash="x", many=False, payload=b"{}")
    backend.queue.send([message] * count)


def test_the_batch_is_whole_and_the_queue_is_looked_at_once(
    backend: LocalBackend, source: EventSource, sizes: Sizes, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    visible = backend.queue.visible

    def counted(most: int, *, lease: float) -> int:
        looks.append(visible(most, lease=lease))
        if len(looks) == 1:
            coming.start()
        return looks[-1]

    def come() -> None:
        for _ in range(5):
            time.sleep(0.01)
            send(backend, 1)

    coming = threading.Thread(target=come)
    monkeypatch.setattr(backend.queue, "visible", counted)
    send(backend, 3)  # whose bell has rung before anybody looks: they are not counted twice
    assert source.poll()
    coming.join()
    assert sizes == [8]
    assert looks == [3]


def test_a_bell_that_does_not_say_how_many_makes_it_look(
    backend: LocalBackend, source: EventSource, sizes: Sizes
) -> None:
    def come() -> None:
        time.sleep(0.05)
        ring, backend.bells[0].ring = backend.bells[0].ring, lambda *_, **__: None  # type: ignore[method-assign]
        send(backend, 8)
        ring()

    coming = threading.Thread(target=come)
    coming.start()
    assert source.poll()
    coming.join()
    assert sizes == [8]


def watched(script: str) -> subprocess.CompletedProcess[str]:
    begin = "import time; from serving.local import watchdog as w; w.SLACK = 0.4; dog = w.Watchdog(2.0); "
    command = [sys.executable, "-c", begin + script]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_call_that_hangs_ends_the_process() -> None:
    ended = watched("dog.begin(); dog.end(); dog.begin(); time.sleep(30)")
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr


@pytest.mark.parametrize(
    "script",
    [
        "dog.begin(); dog.end(); dog.rest(); time.sleep(3)",
        "dog.begin(); time.sleep(0.5); dog.end(); time.sleep(3)",
        "dog.begin(); time.sleep(0.3); dog.end(); dog.begin(); time.sleep(1.5); dog.end()",
        "[(dog.begin(), time.sleep(0.2), dog.end()) for _ in range(20)]",
    ],
    ids=["rests", "one that took long leaves no alarm", "has its whole time", "many, one after the other"],
)
def test_nothing_else_does(script: str) -> None:
    assert watched(script).returncode == 0
