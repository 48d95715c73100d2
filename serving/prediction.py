"""Prediction and Status: the one frozen record that travels from the POST to the answer of the GET."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from serving.layout import Columns, Rows, rows_of


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One request for predictions and, once it is finished, its answer. Times are milliseconds since 1970, UTC."""

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


_ROWS, _COLUMNS = 1, 2  # versions of a message, by its layout: a worker of an earlier release still reads rows
_ID = re.compile("[A-Za-z0-9_-]{1,64}")
_YEAR_10000 = 253_402_300_800_000  # milliseconds since 1970: no datetime reaches it


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What waits in the queue: a prediction's records, valid under the schema whose hash it carries."""

    prediction_id: str
    accepted_at: int
    expires_at: int
    schema_hash: str
    many: bool  # an array was posted, so an array is answered
    payload: bytes  # JSON: one record, or a list of records when `many`, or a list for each column
    columns: int = 0  # how many records the columns hold; 0 when the payload has rows
    redriven: bool = False
    suspect: bool = False  # delivered before without an answer: only quarantine predicts it
    alone: bool = False  # and by itself: a batch with it has died, or run out of time

    def to_text(self) -> str:
        """One line of JSON about the message, then the payload as it is, so that neither is encoded twice."""
        head: dict[str, object] = {
            "version": _COLUMNS if self.columns else _ROWS,
            "prediction_id": self.prediction_id,
            "accepted_at": self.accepted_at,
            "expires_at": self.expires_at,
            "schema_hash": self.schema_hash,
            "many": self.many,
        }
        if self.redriven or self.suspect or self.alone or self.columns:
            head |= {name: getattr(self, name) for name in _SELDOM if getattr(self, name)}
        return (to_json(head) + b"\n" + self.payload).decode()

    @classmethod
    def from_text(cls, text: str) -> "Message":
        """Read what `to_text` wrote. Raises ValueError for anything else."""
        line, separator, payload = text.partition("\n")
        fields = _fields(line)
        version = fields.pop("version", None)
        if version != (_COLUMNS if fields.get("columns") else _ROWS):
            raise ValueError(f"message version {version} is not {_ROWS}, nor {_COLUMNS} with columns")
        wrong = [name for name, value in fields.items() if type(value) is not _TYPES.get(name)]
        if wrong or not separator or not _names_a_prediction(fields):
            raise ValueError(f"not a message of this service: {', '.join(wrong) or 'its first line'}")
        try:
            return cls(**fields, payload=payload.encode())
        except TypeError as error:
            raise ValueError(f"not a message of this service: {error}") from error

    @classmethod
    def head(cls, text: str) -> "Message | None":
        """Whose message this is, of whatever version and whatever became of its payload: only ids and times are true.

        None when it does not tell.
        """
        try:
            fields = _fields(text.partition("\n")[0])
        except ValueError:
            return None
        if not _names_a_prediction(fields):
            return None
        return cls(
            prediction_id=fields["prediction_id"],
            accepted_at=fields["accepted_at"],
            expires_at=fields["expires_at"],
            schema_hash="",
            many=False,
            payload=b"",
            redriven=fields.get("redriven") is True,
        )

    def answered(
        self, answer: bytes | Failure, *, model: ModelVersion | None = None, warning: str | None = None, now: int
    ) -> Prediction:
        """The terminal prediction: `answer` is a result as JSON, or why there is none."""
        return Prediction(
            prediction_id=self.prediction_id,
            accepted_at=self.accepted_at,
            expires_at=self.expires_at,
            status=Status.FAILED if isinstance(answer, Failure) else Status.SUCCEEDED,
            result=None if isinstance(answer, Failure) else answer,
            error=answer if isinstance(answer, Failure) else None,
            model=model,
            warning=warning,
            finished_at=now,
        )

    def rows(self) -> Rows:
        """The records as the API validated them, in their layout. Raises ValueError for what it did not write."""
        return rows_of(from_json(self.payload), many=self.many, columns=self.columns)

    def records(self) -> list[dict[str, Any]]:
        """One object for each record. Raises as `rows` does."""
        rows = self.rows()
        return rows.records() if isinstance(rows, Columns) else rows


_TYPES = {name: kind for name, kind in Message.__annotations__.items() if kind is not bytes}
_SELDOM = ("redriven", "suspect", "alone", "columns")  # said when they are true


def _fields(line: str) -> dict[str, Any]:
    """Raises ValueError for anything but a JSON object."""
    fields = from_json(line)
    if not isinstance(fields, dict):
        raise ValueError("not a message of this service: its first line")
    return fields


def _names_a_prediction(fields: Mapping[str, Any]) -> bool:
    """Whether the id can be a key of every store, and the times can be times."""
    id_, accepted_at, expires_at = fields.get("prediction_id"), fields.get("accepted_at"), fields.get("expires_at")
    return (
        type(id_) is str
        and type(accepted_at) is int
        and type(expires_at) is int
        and 0 <= accepted_at < _YEAR_10000
        and 0 <= expires_at < _YEAR_10000
        and _ID.fullmatch(id_) is not None
    )
