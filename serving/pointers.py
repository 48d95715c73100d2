"""The pointers of a bucket: which tag each service's stage serves, moved only from where it was seen."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from serving.errors import PointerMoved, RegistryError
from serving.manifest import Pointer, moment
from serving.ports import ModelBucket
from serving.prediction import ModelVersion

HISTORY = 50


@dataclass(frozen=True, kw_only=True)
class PointerFile:
    """The pointer of one service's stage, as its bucket keeps it."""

    bucket: ModelBucket
    service: str
    stage: str

    def read(self) -> tuple[Pointer, str] | None:
        """The pointer and its version; None before the first upload. Raises ModelUnavailable, RegistryError."""
        found = self.bucket.read(self.key)
        if found is None:
            return None
        try:
            return Pointer.model_validate_json(found[0]), found[1]
        except ValidationError as error:
            raise RegistryError(f"{self.key} can't be read: {error.errors()[0]['msg']}.") from error

    def write(self, pointer: Pointer, *, replaces: str | None) -> None:
        """Raises PointerMoved when another one was written since `replaces` was read."""
        try:
            text = pointer.model_dump_json(indent=2).encode()
            self.bucket.write(self.key, io.BytesIO(text), replaces=replaces)
        except PointerMoved as error:
            raise PointerMoved(
                f"Somebody else moved the current model of {self.service}/{self.stage} just now: look with "
                "`cli list-objects`, and try again."
            ) from error

    def put_back(self, before: Pointer | None, *, instead_of: ModelVersion) -> bool:
        """As it was before `instead_of` became current (None: no pointer); False when another one is by now."""
        found = self.read()
        if found is None or found[0].current != instead_of or found[0] == before:
            return False
        if before is None:
            self.bucket.remove(self.key)
        else:
            self.write(before, replaces=found[1])
        return True

    @property
    def key(self) -> str:
        return f"pointers/{self.service}/{self.stage}.json"


def pointers(bucket: ModelBucket) -> Mapping[str, Pointer]:
    """Every pointer of the bucket, by `service/stage`."""
    found = {}
    for key in bucket.names("pointers/"):
        _, service, stage = key.removesuffix(".json").split("/")
        read = PointerFile(bucket=bucket, service=service, stage=stage).read()
        if read is not None:
            found[f"{service}/{stage}"] = read[0]
    return found


def users(bucket: ModelBucket, tag: str) -> list[str]:
    """Who needs the tag, each as "current in iris/dev" or "previous in iris/prod"."""
    found = []
    for name, pointer in pointers(bucket).items():
        if pointer.tag == tag:
            found.append(f"current in {name}")
        elif pointer.previous is not None and pointer.previous.tag == tag:
            found.append(f"previous in {name}")
    return found


def moved_on(old: Pointer | None, version: ModelVersion) -> Pointer:
    """The pointer after a promotion."""
    history = [*(old.history if old else ()), version][-HISTORY:]
    return Pointer(
        tag=version.tag,
        sha256=version.sha256,
        previous=old.current if old else None,
        history=history,
        moved_at=moment(),
    )


def moved_back(old: Pointer, there: Callable[[ModelVersion], bool]) -> Pointer:
    """The pointer before the last promotion; what is no longer `there` is passed over.

    Raises RegistryError when nothing was before.
    """
    history = list(old.history[:-1])
    while history and (history[-1] == old.current or not there(history[-1])):
        history.pop()
    if not history:
        raise RegistryError(f"There is nothing before {old.tag}: see `cli list-objects`, and promote what you want.")
    to = history[-1]
    before = next((version for version in reversed(history) if version != to and there(version)), None)
    return Pointer(tag=to.tag, sha256=to.sha256, previous=before, history=history, moved_at=moment())
