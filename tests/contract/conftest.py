"""Every backend, with a clock that the tests can move: the suite below holds each of them, word for word."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from serving.local.bell import Bell
from serving.local.database import Database
from serving.local.models import FolderBucket
from serving.local.predictions import LocalPredictions
from serving.local.queue import LocalDeadLetters, LocalQueue
from serving.ports import DeadLetters, ModelBucket, PredictionStore
from serving.prediction import Message, Prediction


@dataclass
class Clock:
    """Seconds since 1970; `passes` moves it."""

    ahead: float = 0.0
    started: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.started + self.ahead

    def passes(self, seconds: float) -> None:
        self.ahead += seconds

    @property
    def ms(self) -> int:
        return int(self() * 1000)


@dataclass
class Ports:
    """One adapter for each port."""

    queue: LocalQueue
    dead_letters: DeadLetters
    predictions: PredictionStore
    bucket: ModelBucket


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["local"])
def ports(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Ports]:
    database = Database(tmp_path / "state.db")
    bell = Bell(tmp_path / "bells")
    bucket = FolderBucket(tmp_path / "models")
    bucket.create()
    yield Ports(
        queue=LocalQueue(database, bell, clock=clock),
        dead_letters=LocalDeadLetters(database, clock=clock),
        predictions=LocalPredictions(database, bell, clock=clock),
        bucket=bucket,
    )
    database.close()
    bell.close()


@pytest.fixture
def pending(clock: Clock) -> Prediction:
    """A prediction that can be read for an hour."""
    return Prediction(prediction_id="a-prediction", accepted_at=clock.ms, expires_at=clock.ms + 3_600_000)


@pytest.fixture
def message(pending: Prediction) -> Message:
    return Message(
        prediction_id=pending.prediction_id,
        accepted_at=pending.accepted_at,
        expires_at=pending.expires_at,
        schema_hash="0123456789abcdef",
        many=False,
        payload='{"text":"naïve \\n line   , \\u0000 and 🌸"}'.encode(),
    )
