"""Messages in the queue of this machine, as the API would have sent them: through the port, with no API at work."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.body import BodyReader, Records
from bench.adult_model import PROJECT, Record
from serving.keys import KeyRing
from serving.local.connect import LocalBackend, connect_local
from serving.prediction import Message
from serving.project import Project
from serving.receipt import Receipt, issue
from serving.settings import Settings
from tests.running import cli

GROUP = 500
"""Messages in one write, as many as the API writes at once."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The embedded backend in a folder, with the benchmarks' project and model."""

    settings: Settings
    project: Project
    backend: LocalBackend

    def messages(self, bodies: Sequence[bytes]) -> list[Message]:
        """What the API queues for these bodies, each validated as it does; the same body only once."""
        reader = BodyReader(self.project, self.settings)
        keys = KeyRing(self.backend.predictions, ttl=self.settings.result_ttl)
        keys.refresh()

        async def read() -> dict[bytes, Records]:
            return {body: await reader.records(body, "application/json") for body in dict.fromkeys(bodies)}

        found = asyncio.run(read())
        return [self._message(issue(keys.signing_key(), int(time.time() * 1000)), found[body]) for body in bodies]

    def _message(self, receipt: Receipt, records: Records) -> Message:
        return Message(
            prediction_id=receipt.prediction_id,
            accepted_at=receipt.accepted_at,
            expires_at=receipt.expires_at,
            schema_hash=self.project.schema_hash,
            many=records.many,
            payload=records.payload,
        )

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


@contextmanager
def place(state: Path, bucket: Path) -> Iterator[Place]:
    """The backend in a state folder, which is made when it is not there."""
    overrides = {"project_dir": PROJECT, "state_dir": state, "bucket": str(bucket), "version_mismatch": "warn"}
    settings = Settings.read({}, **overrides)
    with closing(connect_local(settings)) as backend:
        yield Place(settings=settings, project=Project.load(PROJECT), backend=backend)


def bodies(records: Sequence[Record], *, array: int = 0) -> list[bytes]:
    """As clients send them: one record each, or arrays."""
    if not array:
        return [json.dumps(record).encode() for record in records]
    return [json.dumps(records[start : start + array]).encode() for start in range(0, len(records), array)]
