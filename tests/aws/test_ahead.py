"""The model is fetched while libraries are imported: by the same calls, each once, and failures are told as ever."""

import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from serving.errors import ModelUnavailable
from tests.aws.driven import Driven, driven
from tests.aws.emulator import Emulator
from tests.aws.wire import Answer, Call, Forward, Wire, slow_down
from worker.ahead import fetching
from worker.main import Worker


@pytest.fixture
def service(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[Driven]:
    with driven(emulator, wire, tmp_path) as made:
        yield made


@pytest.fixture
def files(service: Driven) -> list[str]:
    """The calls that load a model, in order."""
    folder = f"GET /{service.settings.bucket}"
    return [f"{folder}/{service.backend.registry.pointer_key}", *(f"{folder}/models/v1/{n}" for n in FILES)]


FILES = ("manifest.json", "model.pkl")


def of_bucket(wire: Wire) -> list[str]:
    return [operation for operation in wire.operations if operation.startswith("GET ")]


def test_everything_is_under_way_before_anybody_asks_and_is_asked_for_once(
    service: Driven, wire: Wire, files: list[str]
) -> None:
    with fetching(service.backend) as backend:
        registry = backend.registry
        pointer = registry.pointer()
        assert of_bucket(wire) == files, "the reads of the thread, which the first question waits for"
        assert pointer is not None
        assert registry.manifest(pointer.tag).version == pointer.current
        assert len(registry.content(pointer.current)) > 100
        assert of_bucket(wire) == files
        assert registry.pointer() == pointer
        assert of_bucket(wire) == [*files, files[0]], "asked anew: it may have moved"


def test_the_calls_go_on_while_the_block_is_busy(service: Driven, wire: Wire, files: list[str]) -> None:
    read = threading.Event()

    def told(call: Call, forward: Forward) -> Answer:
        read.set()
        return forward()

    wire.breaks(files[-1].replace(".", r"\."), told)
    with fetching(service.backend):
        assert read.wait(10), "nobody has asked"


def test_a_worker_is_made_of_what_was_fetched(service: Driven, wire: Wire, files: list[str]) -> None:
    with fetching(service.backend) as backend:
        worker = Worker.build(service.settings, backend)
    assert of_bucket(wire) == files
    worker.close()


def test_an_outage_is_told_and_then_over(service: Driven, wire: Wire) -> None:
    wire.breaks("GET ", slow_down)
    with fetching(service.backend) as backend:
        with pytest.raises(ModelUnavailable, match="SlowDown"):
            backend.registry.pointer()
        wire.heals()
        assert backend.registry.pointer() is not None


def test_without_a_pointer_nothing_else_is_read(service: Driven, wire: Wire, files: list[str]) -> None:
    service.backend.registry.bucket.remove(service.backend.registry.pointer_key)
    wire.calls.clear()
    with fetching(service.backend) as backend:
        assert backend.registry.pointer() is None
    assert of_bucket(wire) == files[:1]


def test_a_model_that_nobody_wants_is_not_kept(service: Driven, wire: Wire, files: list[str]) -> None:
    with fetching(service.backend) as backend:
        pass
    wire.calls.clear()
    pointer = backend.registry.pointer()
    assert pointer is not None
    backend.registry.content(pointer.current)
    assert of_bucket(wire) == [files[0], files[2]]


def test_writes_go_through(service: Driven) -> None:
    with fetching(service.backend) as backend:
        backend.registry.keep("v1", "notes.txt", b"kept")
        assert "models/v1/notes.txt" in backend.registry.bucket.names("models/")
        backend.registry.bucket.remove("models/v1/notes.txt")
        assert backend.registry.kept("v1", "notes.txt") is None
