"""Our exceptions. Adapters translate foreign errors into these at their edge; HTTP statuses live in app/main.py.

ServingError
├── ConfigurationError         the project, a setting or the model must be changed before anything can run
│   ├── SettingsError          an environment variable or a line of service.toml
│   ├── ProjectError           validation.py, form.yml or example.json
│   └── ModelRefused           no Pipeline, corrupt, other library versions, does not fit the schema
├── RegistryError              a bucket or a tag that is not as the command needs it
│   ├── BucketMissing
│   ├── TagMissing             also: no model has been uploaded yet
│   ├── TagTaken               tags are immutable
│   └── PointerMoved           somebody else moved the current model at the same time
├── PayloadLost                what was accepted can't be read any more: no retry helps
├── Unavailable                the service's fault: try again later
│   ├── QueueUnavailable
│   ├── StoreUnavailable
│   └── ModelUnavailable
└── RequestRefused             the client's fault: each has its HTTP status
    ├── InvalidRequest         carries one entry per error, with its place
    │   └── KeyReused          an Idempotency-Key that was used with another body
    ├── TooLarge
    ├── UnsupportedType
    ├── Unauthorized
    ├── TooManyRequests
    ├── UnknownPrediction
    └── GonePrediction
"""

from collections.abc import Mapping, Sequence
from typing import Any


class ServingError(Exception):
    """The root of everything that this project raises on purpose."""


class ConfigurationError(ServingError):
    """What the user brought can't run as it is; the message says what to do."""


class SettingsError(ConfigurationError):
    """An environment variable or a line of service.toml has a value that can't be used."""


class ProjectError(ConfigurationError):
    """The project folder misses something or holds something broken."""


class ModelRefused(ConfigurationError):
    """The model file must not or can't be served here."""


class RegistryError(ServingError):
    """A bucket or tag is not as the command needs it."""


class BucketMissing(RegistryError):
    """The bucket does not exist."""


class TagMissing(RegistryError):
    """The tag does not exist, or nothing has been uploaded yet."""


class TagTaken(RegistryError):
    """The tag exists with other bytes."""


class PointerMoved(RegistryError):
    """The pointer changed between reading and writing it."""


class PayloadLost(ServingError):
    """A message's payload is missing where it was stored, or damaged; `head` is the Message without it."""

    def __init__(self, head: Any) -> None:
        super().__init__("The input was lost before a worker could read it: send it again.")
        self.head = head


class Unavailable(ServingError):
    """A part of the service can't be reached or is throttled; the same call may succeed later."""


class QueueUnavailable(Unavailable):
    """The queue."""


class StoreUnavailable(Unavailable):
    """The prediction store."""


class ModelUnavailable(Unavailable):
    """The registry, or every model that it offers."""


class RequestRefused(ServingError):
    """A request that is answered with a 4xx."""


class InvalidRequest(RequestRefused):
    """A request that fails validation; `errors` has FastAPI's shape: loc, msg and type of each."""

    def __init__(self, errors: Sequence[Mapping[str, object]]) -> None:
        super().__init__(f"{len(errors)} validation errors")
        self.errors = errors

    @classmethod
    def at(cls, loc: Sequence[str | int], msg: str, kind: str) -> "InvalidRequest":
        return cls([{"loc": list(loc), "msg": msg, "type": kind}])


class KeyReused(InvalidRequest):
    """The Idempotency-Key was used before, with another body."""


class TooLarge(RequestRefused):
    """The body or the number of records is over the service's limit."""


class UnsupportedType(RequestRefused):
    """The body is neither JSON nor CSV."""


class Unauthorized(RequestRefused):
    """The service has API keys, and this request shows none of them."""


class TooManyRequests(RequestRefused):
    """Over RATE_LIMIT; `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownPrediction(RequestRefused):
    """This service never gave out that prediction_id."""


class GonePrediction(RequestRefused):
    """The prediction has expired or was erased."""
