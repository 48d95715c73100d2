"""The bodies of the answers, for the OpenAPI page; what is sent is written by serving.prediction, not from these."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from serving.prediction import Code, Status

_ID = "AZqfk3wBQ7m1x0cJ4u2Zb8yTg5Nw6LpR"


class Accepted(BaseModel):
    """The work is durable; its answer will be at `Location`."""

    prediction_id: str = Field(examples=[_ID])
    status: Status = Field(examples=["pending"])
    accepted_at: datetime
    expires_at: datetime


class Error(BaseModel):
    """Why a prediction or one of its rows failed."""

    code: Code
    message: str


class Model(BaseModel):
    """The model that made a prediction."""

    tag: str = Field(examples=["v1"])
    sha256: str
    warning: str | None = Field(None, description="It ran under other library versions than it was made with.")


class PredictionBody(BaseModel):
    """A prediction as it stands."""

    prediction_id: str = Field(examples=[_ID])
    status: Status = Field(examples=["succeeded"])
    result: Any = Field(
        None,
        description="One record: an object. An array: a list in the same order, a failed row being `{error}`.",
        examples=[{"prediction": "setosa", "probabilities": {"setosa": 0.98, "versicolor": 0.02}}],
    )
    error: Error | None = None
    model: Model | None = None
    accepted_at: datetime
    finished_at: datetime | None = None
    expires_at: datetime


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str


class FieldError(BaseModel):
    """One thing wrong with a record."""

    loc: list[str | int] = Field(description="`body`, the row in an array or CSV, the column.")
    msg: str
    type: str


class Invalid(BaseModel):
    """Everything that is wrong with a body."""

    detail: list[FieldError]


class Health(BaseModel):
    """Whether the parts can be reached, and what waits."""

    status: str = Field(examples=["ok"])
    api: str = Field(examples=["ok"])
    queue: str = Field(examples=["ok"])
    store: str = Field(examples=["ok"])
    waiting: int | None = Field(None, description="Messages that no worker has taken yet.")
    in_flight: int | None = Field(None, description="Messages that a worker has taken.")
    oldest_seconds: float | None = Field(None, description="How long the oldest message has been there.")
