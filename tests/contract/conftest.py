"""Every backend, with a clock that the tests can move: the suite below holds each of them, word for word."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.aws.connect import connect_aws
from serving.aws.predictions import DynamoPredictions
from serving.aws.table import Table
from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.features import LocalFeatures
from serving.local.models import FolderBucket
from serving.local.predictions import LocalPredictions
from serving.local.queue import LocalDeadLetters, LocalQueue
from serving.message import Message
from serving.ports import DeadLetters, FeatureStore, ModelBucket, PredictionQueue, PredictionStore
from serving.prediction import Prediction
from serving.settings import Settings
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_bucket, make_stack

LEASE = 30


@dataclass
class Clock:
    """Seconds since 1970; `passes` moves it, and what else tells the time."""

    ahead: float = 0.0
    started: float = field(default_factory=time.time)
    others: list[Callable[[float], None]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.started + self.ahead

    def passes(self, seconds: float) -> None:
        self.ahead += seconds
        for other in self.others:
            other(seconds)

    @property
    def ms(self) -> int:
        return int(self() * 1000)


@dataclass(frozen=True)
class Received:
    """A message as a worker is given it."""

    body: str
    handle: str
    receives: int


@dataclass
class Ports:
    """One adapter for each port, and the queue's other end, which no port knows: a trigger stands there."""

    queue: PredictionQueue
    dead_letters: DeadLetters
    predictions: PredictionStore
    bucket: ModelBucket
    features: FeatureStore
    receive: Callable[[], Sequence[Received]]
    delete: Callable[[str], None]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["local", "aws"])
def ports(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Ports]:
    if request.param == "local":
        made = _local(tmp_path, clock)
    else:
        made = _aws(request.getfixturevalue("emulator"), request.getfixturevalue("session"), clock)
    with made as ports:
        yield ports


@contextmanager
def _local(folder: Path, clock: Clock) -> Iterator[Ports]:
    database, bell = Database(folder / "state.db"), Bell(folder / "bells")
    bucket = FolderBucket(folder / "models")
    bucket.create()
    queue = LocalQueue(database, bell, clock=clock)

    def receive() -> Sequence[Received]:
        found = queue.receive(owner="worker-1", lease=LEASE, most=1000, most_bytes=1 << 30)
        return [Received(message.body, message.id, message.receives) for message in found]

    yield Ports(
        queue=queue,
        dead_letters=LocalDeadLetters(database, clock=clock),
        predictions=LocalPredictions(database, bell, clock=clock),
        bucket=bucket,
        features=LocalFeatures(database),
        receive=receive,
        delete=lambda handle: queue.delete([handle]),
    )
    database.close()
    bell.close()


@contextmanager
def _aws(emulator: Emulator, session: boto3.Session, clock: Clock) -> Iterator[Ports]:
    clock.others.append(emulator.passes)
    settings = Settings.read({}, **make_stack(emulator))
    backend = connect_aws(settings, session)
    sqs, dynamodb, *_ = backend.clients
    bucket = make_bucket(str(settings.bucket), session)
    yield Ports(
        queue=backend.queue,
        dead_letters=backend.dead_letters,
        predictions=DynamoPredictions(
            Table(dynamodb, str(settings.table)), backend.payloads, backend.pool, clock=clock
        ),
        bucket=bucket,
        features=backend.features,
        receive=lambda: list(_received(sqs, str(settings.queue_url))),
        delete=lambda handle: sqs.delete_message(QueueUrl=settings.queue_url, ReceiptHandle=handle),
    )
    bucket.client.close()
    backend.close()


def _received(sqs: Any, url: str) -> Iterator[Received]:
    """Everything that is visible: one answer holds ten messages at most."""
    while found := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=LEASE,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    ).get("Messages"):
        for message in found:
            receives = int(message["Attributes"]["ApproximateReceiveCount"])
            yield Received(message["Body"], message["ReceiptHandle"], receives)


@pytest.fixture
def pending(clock: Clock) -> Prediction:
    """A prediction that can be read for an hour."""
    return Prediction(prediction_id="a-prediction", accepted_at=clock.ms, expires_at=clock.ms + 3_600_000)


@pytest.fixture
def message(pending: Prediction) -> Message:
    return message_of(pending)


def message_of(pending: Prediction) -> Message:
    """A message that asks for it."""
    return Message(
        prediction_id=pending.prediction_id,
        accepted_at=pending.accepted_at,
        expires_at=pending.expires_at,
        schema_hash="0123456789abcdef",
        many=False,
        payload='{"text":"naïve \\n line   , \\u0000 and 🌸"}'.encode(),
    )
