"""Prediction and Status: the one frozen record that travels from the POST to the answer of the GET."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from pydantic_core import to_json


class Status(StrEnum):
    """Where a prediction stands; all but `pending` are final."""

    PENDING = "pending"
    """Accepted and durable; a worker has not answered yet."""
    SUCCEEDED = "succeeded"
    """The model has answered; rows of an array that it could not take hold an error of their own."""
    FAILED = "failed"
    """There will be no result, and `error` says why."""
    CANCELLED = "cancelled"
    """Deleted by the client before a worker answered."""


class Code(StrEnum):
    """Why a row or a whole prediction failed."""

    ROW_REJECTED = "row_rejected"
    """The model raised an error on this row."""
    FEATURES_MISSING = "features_missing"
    """The row names an entity that has no features in the store."""
    NOT_SEPARATED = "not_separated"
    """Among so many bad rows that this one was not told apart in time."""
    RESULT_TOO_LARGE = "result_too_large"
    """The result is larger than the service can return."""
    SCHEMA_CHANGED = "schema_changed"
    """Accepted under an older schema, and refused by the one that is deployed now."""
    MODEL_CRASHED = "model_crashed"
    """The model ends its process on this input."""
    MODEL_TIMEOUT = "model_timeout"
    """The model does not finish with this input in PREDICT_TIMEOUT seconds."""
    MODEL_OUT_OF_MEMORY = "model_out_of_memory"
    """The model needs more than PREDICT_MEMORY for this input."""
    INPUT_LOST = "input_lost"
    """Accepted, but its records can't be read any more: send them again."""
    DEAD_LETTER = "dead_letter"
    """Tried MAX_RECEIVES times without an answer, or can't be read; the service keeps the message."""
    RESULT_LOST = "result_lost"
    """Answered, but the result can't be read any more: send the records again."""


REDRIVABLE = frozenset({Code.DEAD_LETTER, Code.SCHEMA_CHANGED})
"""Failures that a dead letter stands behind: redrive may replace them, once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An error as clients see it: never a traceback, never a path."""

    code: Code
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelVersion:
    """Which model made a prediction."""

    tag: str
    sha256: str


class Prediction(NamedTuple):
    """One request for predictions and, once it is finished, its answer. Times are milliseconds since 1970, UTC.

    A tuple: a frozen dataclass takes three times as long to make.
    """

    prediction_id: str
    accepted_at: int
    expires_at: int
    status: Status = Status.PENDING
    result: bytes | None = None  # JSON as the worker encoded it: it is never decoded on its way to the client
    error: Failure | None = None
    model: ModelVersion | None = None
    warning: str | None = None  # about the model: it ran under other library versions than its own
    finished_at: int | None = None

    @property
    def redrivable(self) -> bool:
        return self.error is not None and self.error.code in REDRIVABLE

    def to_json(self) -> bytes:
        """The body of `GET /api/predict/<id>`."""
        failure = self.error
        return b'{"prediction_id":%b,"status":%b%b%b%b,"accepted_at":%b%b,"expires_at":%b}' % (
            to_json(self.prediction_id),
            _STATUSES[self.status],
            b"" if self.result is None else b',"result":' + self.result,
            b"" if failure is None else b',"error":' + to_json({"code": failure.code, "message": failure.message}),
            b"" if self.model is None else _model_json(self.model.tag, self.model.sha256, self.warning),
            _iso_json(self.accepted_at),
            b"" if self.finished_at is None else b',"finished_at":' + _iso_json(self.finished_at),
            _iso_json(self.expires_at),
        )


_STATUSES = {status: to_json(status) for status in Status}


@lru_cache(maxsize=64)
def _model_json(tag: str, sha256: str, warning: str | None) -> bytes:
    return b',"model":' + to_json({"tag": tag, "sha256": sha256, **({} if warning is None else {"warning": warning})})


@lru_cache(maxsize=1024)
def _iso_json(milliseconds: int) -> bytes:
    """Under load many predictions share a millisecond."""
    return to_json(iso(milliseconds))


def iso(milliseconds: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, for example `2026-11-20T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
