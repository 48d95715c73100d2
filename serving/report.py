"""What the workers of a service really serve: one small document in its prediction store, written by them."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from serving.ports import PredictionStore
from serving.prediction import ModelVersion

KEY = "serving"


class Report(BaseModel):
    """Written by a worker when it loads a model, falls back to the one before, or is refused one."""

    model_config = ConfigDict(frozen=True)

    model: ModelVersion | None  # what answers; None when nothing could be loaded
    wanted: str | None = None  # the current tag, when something else answers
    problem: str | None = None  # why
    schema_hash: str  # of the validation.py that the worker has
    libraries: Mapping[str, str]  # their versions, as they are installed where the worker runs
    python: str
    at: str  # ISO 8601, UTC

    def says_the_same_as(self, other: "Report | None") -> bool:
        """Whether only the times differ."""
        return other is not None and self.model_copy(update={"at": other.at}) == other


def read_report(store: PredictionStore) -> Report | None:
    """The last one; None before the first, or when another version wrote it. Raises StoreUnavailable."""
    return parsed(document(store))


def document(store: PredictionStore) -> bytes | None:
    """The report as it is stored. Raises StoreUnavailable."""
    (row,) = store.get([KEY])
    return row.document if row else None


def parsed(text: bytes | None) -> Report | None:
    """The report of a document; None for what is none."""
    try:
        return Report.model_validate_json(text) if text else None
    except ValidationError:
        return None
