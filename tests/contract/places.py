"""Where a history happens: the adapters of one backend, connected anew as often as a test likes to what they keep."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import boto3

from serving.aws.connect import connect_aws
from serving.aws.predictions import DynamoPredictions
from serving.aws.table import Table
from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.predictions import LocalPredictions
from serving.local.queue import LocalDeadLetters, LocalQueue
from serving.ports import DeadLetters, PredictionQueue, PredictionStore
from serving.settings import Settings
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_stack
from tests.contract.conftest import Clock, Received

LEASE = 360


class Place(Protocol):
    """The ports, what a trigger does, and a way to be gone and come back."""

    clock: Clock
    slack: float
    """Seconds by which the queue's clock may be ahead of `clock`."""
    queue: PredictionQueue
    dead_letters: DeadLetters
    predictions: PredictionStore

    def receive(self, worker: str, most: int) -> Sequence[Received]: ...

    def delete(self, handles: Sequence[str]) -> None: ...

    def start_again(self, *, killed: bool) -> None:
        """Forget everything but what is kept; when it was `killed`, nobody has closed its files."""
        ...


class LocalPlace:
    """A folder with the SQLite file."""

    slack = 0.0
    queue: LocalQueue
    dead_letters: LocalDeadLetters
    predictions: LocalPredictions

    def __init__(self, home: Path, clock: Clock) -> None:
        self.clock = clock
        self._home = home
        self._folder = home / "0"
        self._starts = 0
        self._folder.mkdir(parents=True)
        self._connect()

    def receive(self, worker: str, most: int) -> Sequence[Received]:
        found = self.queue.receive(owner=worker, lease=LEASE, most=most, most_bytes=1 << 30)
        return [Received(message.body, message.id, message.receives) for message in found]

    def delete(self, handles: Sequence[str]) -> None:
        self.queue.delete(handles)

    def start_again(self, *, killed: bool) -> None:
        if killed:  # its files go on elsewhere, as they are
            self._starts += 1
            old, self._folder = self._folder, self._home / str(self._starts)
            self._folder.mkdir()
            for path in old.glob("state.db*"):
                if not path.name.endswith("-shm"):  # it is memory that processes share
                    shutil.copy(path, self._folder)
        self.close()
        self._connect()

    def close(self) -> None:
        self._database.close()
        self._bell.close()

    def _connect(self) -> None:
        # Who is killed loses nothing that the system has; what it costs to survive a power cut shows no fault here.
        self._database = Database(self._folder / "state.db", synchronous="off")
        self._bell = Bell(self._folder / "bells")
        self.queue = LocalQueue(self._database, self._bell, clock=self.clock)
        self.dead_letters = LocalDeadLetters(self._database, clock=self.clock)
        self.predictions = LocalPredictions(self._database, self._bell, clock=self.clock)


class AwsPlace:
    """A stack of its own on the emulated AWS."""

    # The emulator's clock is moved with ours, but does not stand still while a history is played.
    slack = 60.0

    def __init__(self, stack: dict[str, str], session: boto3.Session, clock: Clock) -> None:
        self.clock = clock
        self._session = session
        self._settings = Settings.read({}, **stack)
        self._url, self._table = stack["queue_url"], stack["table"]
        self._connect()

    def receive(self, worker: str, most: int) -> Sequence[Received]:
        found = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=LEASE,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Received(message["Body"], message["ReceiptHandle"], int(message["Attributes"]["ApproximateReceiveCount"]))
            for message in found.get("Messages", [])
        ]

    def delete(self, handles: Sequence[str]) -> None:
        """As the trigger does: by batch, where a handle that is not known any more fails alone."""
        entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(handles)]
        self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def start_again(self, *, killed: bool) -> None:
        """There are no files: killed or stopped is the same."""
        self.close()
        self._connect()

    def results(self) -> list[str]:
        """Keys of the answers that are kept in the bucket."""
        return self._backend.payloads.names("results")

    def close(self) -> None:
        self._backend.close()

    def _connect(self) -> None:
        self._backend = connect_aws(self._settings, self._session)
        self._sqs, dynamodb, _ = self._backend.clients
        self.queue: PredictionQueue = self._backend.queue
        self.dead_letters: DeadLetters = self._backend.dead_letters
        table, payloads, pool = Table(dynamodb, self._table), self._backend.payloads, self._backend.pool
        self.predictions: PredictionStore = DynamoPredictions(table, payloads, pool, clock=self.clock)


@contextmanager
def stack_for_one(emulator: Emulator) -> Iterator[dict[str, str]]:
    """However often a message is received, it stays. Emptied afterwards: thousands would fill the emulator's memory."""
    stack = make_stack(emulator)
    sqs, s3 = emulator.client("sqs"), emulator.client("s3")
    sqs.set_queue_attributes(QueueUrl=stack["queue_url"], Attributes={"RedrivePolicy": ""})
    try:
        yield stack
    finally:
        sqs.delete_queue(QueueUrl=stack["queue_url"])
        _empty(s3, stack["payload_bucket"])
        sqs.close()
        s3.close()


def _empty(s3: Any, bucket: str) -> None:
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
