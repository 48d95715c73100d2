"""Messages in the queue of this machine, as the API would have sent them: through the port, with no API at work."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from app.main import create_app
from bench.adult_model import PROJECT, Record
from bench.asgi import post
from serving.adapters import Backend
from serving.keys import KeyRing
from serving.local.connect import LocalBackend, connect_local
from serving.local.queue import LocalQueue
from serving.message import Message
from serving.ports import PredictionQueue
from serving.project import Project
from serving.receipt import Receipt, issue
from serving.settings import Settings
from tests.running import cli

GROUP = 500
"""Messages in one write, as many as the API writes at once."""


class Collector:
    """A PredictionQueue that keeps what is sent from going further."""

    def __init__(self, queue: LocalQueue) -> None:
        self.messages: list[Message] = []
        self.expect = queue.expect
        self.open = queue.open
        self.postpone = queue.postpone
        self.depth = queue.depth

    def send(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    def send_at_once(self, messages: Sequence[Message]) -> bool:
        self.messages += messages
        return True


class Place:
    """The embedded backend in a folder, with the benchmarks' project and model."""

    def __init__(self, settings: Settings, backend: LocalBackend) -> None:
        self.settings = settings
        self.project = Project.load(settings.project_dir)
        self.backend = backend
        self._collector = Collector(backend.queue)
        self._app = create_app(settings, _with_queue(backend, self._collector))
        self._queued: dict[bytes, Message] = {}

    def messages(self, bodies: Sequence[bytes]) -> list[Message]:
        """What the API queues for these bodies. It is asked once for each that is another; the rest are given ids."""
        asyncio.run(self._ask([body for body in dict.fromkeys(bodies) if body not in self._queued]))
        keys = KeyRing(self.backend.predictions, ttl=self.settings.result_ttl)
        keys.refresh()
        return [_again(self._queued[body], issue(keys.signing_key(), int(time.time() * 1000))) for body in bodies]

    async def _ask(self, bodies: Sequence[bytes]) -> None:
        for body in bodies:
            await post(self._app, body)
            self._queued[body] = self._collector.messages.pop()

    def send(self, messages: Sequence[Message]) -> list[str]:
        """Queue them in groups; their prediction_ids, in order."""
        for start in range(0, len(messages), GROUP):
            self.backend.queue.send(messages[start : start + GROUP])
        return [message.prediction_id for message in messages]


def uploaded(folder: Path, model: Path) -> Path:
    """A new bucket whose current model is this one."""
    bucket = folder / "models"
    cli("create-bucket", str(bucket))
    cli("upload", str(bucket), str(model), "--tag", "v1", "--project", str(PROJECT))
    return bucket


def _with_queue(backend: LocalBackend, queue: PredictionQueue) -> Backend:
    return Backend(
        queue=queue,
        dead_letters=backend.dead_letters,
        predictions=backend.predictions,
        registry=backend.registry,
        features=backend.features,
        results=backend.results,
    )


def _again(message: Message, receipt: Receipt) -> Message:
    """The same records, accepted another time."""
    return message._replace(
        prediction_id=receipt.prediction_id,
        accepted_at=receipt.accepted_at,
        expires_at=receipt.expires_at,
    )


@contextmanager
def place(state: Path, bucket: Path) -> Iterator[Place]:
    """The backend in a state folder, which is made when it is not there."""
    overrides = {"project_dir": PROJECT, "state_dir": state, "bucket": str(bucket), "version_mismatch": "warn"}
    settings = Settings.read({}, **overrides)
    with closing(connect_local(settings)) as backend:
        yield Place(settings, backend)


def bodies(records: Sequence[Record], *, array: int = 0) -> list[bytes]:
    """As clients send them: one record each, or arrays."""
    if not array:
        return [json.dumps(record).encode() for record in records]
    return [json.dumps(records[start : start + array]).encode() for start in range(0, len(records), array)]
