"""What is known of a model without loading it, and which model a stage serves: the registry's two documents."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.errors import ModelRefused, RegistryError
from serving.prediction import ModelVersion

TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Library(BaseModel):
    """The version of a library that the model needs, and how it is known."""

    model_config = ConfigDict(frozen=True)

    version: str
    read_from: Literal["file", "machine", "resolved"]
    """The pickle says so; this machine had it at the upload; or it was chosen to go with what the pickle says."""


class Scan(BaseModel):
    """What the static scan of the pickle found, before anything was loaded."""

    model_config = ConfigDict(frozen=True)

    verdict: Literal["clean", "dangerous"]
    scanner: str  # its name and version


class Manifest(BaseModel):
    """What is known of a model without loading it."""

    model_config = ConfigDict(frozen=True)

    tag: str
    sha256: str
    size: int  # bytes
    created_at: str  # ISO 8601, UTC
    python: str  # on the machine that uploaded
    libraries: Mapping[str, Library]  # by distribution
    imports: Sequence[str]  # the modules outside Python's own that the pickle names, by their first names
    scan: Scan
    feature_names: Sequence[str] | None
    classes: Any = None
    schema_hash: str
    metrics: Mapping[str, Any] = Field(default_factory=dict)
    forced: str | None = None  # why it was uploaded although a check failed

    @property
    def version(self) -> ModelVersion:
        return ModelVersion(tag=self.tag, sha256=self.sha256)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each library that the model runs under."""
        return {name: library.version for name, library in self.libraries.items()}

    def check_scan(self) -> None:
        """Raises ModelRefused unless the scan has found nothing: then the model may be loaded."""
        if self.scan.verdict != "clean":
            raise ModelRefused(
                f"Model {self.tag} must not be loaded: {self.scan.scanner} found its pickle {self.scan.verdict}."
            )


class Pointer(BaseModel):
    """Which tag a service's stage serves, and which it served before."""

    model_config = ConfigDict(frozen=True)

    tag: str
    sha256: str
    previous: ModelVersion | None = None
    history: Sequence[ModelVersion] = ()  # oldest first, the current one last
    moved_at: str | None = None  # ISO 8601, UTC: tells one promotion from the next one of the same tag

    @property
    def current(self) -> ModelVersion:
        return ModelVersion(tag=self.tag, sha256=self.sha256)


def check_tag(tag: str) -> str:
    """Raises RegistryError for a tag that can't name a folder everywhere."""
    if not TAG.fullmatch(tag):
        raise RegistryError(f"{tag!r} can't be a tag: use letters, digits, '.', '_' and '-', 63 at most, such as v1.")
    return tag


def now() -> str:
    """This moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment() -> str:
    """The same, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
