"""The registry's rules, on any bucket: immutable tags with a manifest, and a pointer to the current one."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from serving.errors import ModelRefused, RegistryError, TagMissing, TagTaken
from serving.manifest import Manifest, Pointer, check_tag
from serving.ports import ABSENT, ModelBucket
from serving.prediction import ModelVersion

HISTORY = 50


@dataclass(frozen=True, kw_only=True)
class ModelRegistry:
    """The models of one bucket, as one service's stage sees them."""

    bucket: ModelBucket
    service: str
    stage: str

    def manifests(self) -> Sequence[Manifest]:
        """Every complete model, by tag."""
        names = self.bucket.names("models/")
        tags = [name.split("/")[1] for name in names if name.endswith("/manifest.json") and name.count("/") == 2]
        return [self.manifest(tag) for tag in sorted(tags)]

    def manifest(self, tag: str) -> Manifest:
        """Raises TagMissing, ModelRefused for one that can't be read, ModelUnavailable."""
        found = self.bucket.read(_manifest_key(check_tag(tag)))
        if found is None:
            raise TagMissing(f"There is no model with the tag {tag}: see `cli list-objects`.")
        try:
            return Manifest.model_validate_json(found[0])
        except ValidationError as error:
            raise ModelRefused(f"The manifest of {tag} can't be read: {error.errors()[0]['msg']}.") from error

    def content(self, version: ModelVersion) -> bytes:
        """The bytes of the model file, verified. Raises TagMissing, ModelRefused, ModelUnavailable."""
        found = self.bucket.read(_model_key(version.tag))
        if found is None:
            raise TagMissing(f"The model file of {version.tag} is missing.")
        if hashlib.sha256(found[0]).hexdigest() != version.sha256:
            raise ModelRefused(f"The model file of {version.tag} is not the one that was uploaded: its sha256 differs.")
        return found[0]

    def check_free(self, manifest: Manifest) -> bool:
        """Whether the tag is unused; False when it has these very bytes. Raises TagTaken when it has others."""
        try:
            present = self.manifest(manifest.tag)
        except TagMissing:
            return True
        if present.sha256 != manifest.sha256:
            raise TagTaken(f"The tag {manifest.tag} exists with other bytes; tags don't change: choose another one.")
        return False

    def pointers(self) -> Mapping[str, Pointer]:
        """Every pointer of the bucket, by `service/stage`: who serves from it, or did."""
        found = {}
        for key in self.bucket.names("pointers/"):
            _, service, stage = key.removesuffix(".json").split("/")
            pointer = ModelRegistry(bucket=self.bucket, service=service, stage=stage).pointer()
            if pointer is not None:
                found[f"{service}/{stage}"] = pointer
        return found

    def upload(self, path: Path, manifest: Manifest, progress: Callable[[int], None] = lambda count: None) -> bool:
        """Store a model under its tag; False when the same bytes are there already.

        `progress` is called with the number of bytes just sent. Raises TagTaken when the tag has other bytes.
        """
        if not self.check_free(manifest):
            return False
        left_over = self.bucket.read(_model_key(manifest.tag))  # by an upload that did not finish
        with _Reported(path, progress) as file:
            version = ABSENT if left_over is None else left_over[1]
            self.bucket.write(_model_key(manifest.tag), file, replaces=version)
        text = manifest.model_dump_json(indent=2).encode()
        self.bucket.write(_manifest_key(manifest.tag), io.BytesIO(text), replaces=ABSENT)
        return True

    def kept(self, tag: str, name: str) -> bytes | None:
        """What `keep` has stored; None when there is no such file."""
        found = self.bucket.read(f"models/{check_tag(tag)}/{name}")
        return found and found[0]

    def keep(self, tag: str, name: str, content: bytes) -> None:
        """Store a file beside the model, in place of an earlier one of that name."""
        key = f"models/{check_tag(tag)}/{name}"
        found = self.bucket.read(key)
        if found is None or found[0] != content:
            self.bucket.write(key, io.BytesIO(content), replaces=found[1] if found else ABSENT)

    def pointer(self) -> Pointer | None:
        """What is current; None before the first upload. Raises ModelUnavailable."""
        found = self._read_pointer()
        return found and found[0]

    def promote(self, tag: str) -> Pointer:
        """Make a tag current. Raises TagMissing, PointerMoved."""
        version = self.manifest(tag).version
        found = self._read_pointer()
        old, replaces = found if found else (None, ABSENT)
        if old and old.current == version:
            return old
        history = [*(old.history if old else ()), version][-HISTORY:]
        new = Pointer(tag=tag, sha256=version.sha256, previous=old.current if old else None, history=history)
        self.bucket.write(self._pointer_key, io.BytesIO(new.model_dump_json(indent=2).encode()), replaces=replaces)
        return new

    def restore(self, before: Pointer | None, *, instead_of: str) -> bool:
        """Put the pointer back as it was before the tag `instead_of`; False when it names another one by now.

        Without a pointer before there is none again. Raises PointerMoved, ModelUnavailable.
        """
        found = self._read_pointer()
        if found is None or found[0].tag != instead_of or found[0] == before:
            return False
        if before is None:
            self.bucket.remove(self._pointer_key)
        else:
            self.bucket.write(
                self._pointer_key, io.BytesIO(before.model_dump_json(indent=2).encode()), replaces=found[1]
            )
        return True

    @property
    def _pointer_key(self) -> str:
        return f"pointers/{self.service}/{self.stage}.json"

    def _read_pointer(self) -> tuple[Pointer, str] | None:
        found = self.bucket.read(self._pointer_key)
        if found is None:
            return None
        try:
            return Pointer.model_validate_json(found[0]), found[1]
        except ValidationError as error:
            raise RegistryError(f"{self._pointer_key} can't be read: {error.errors()[0]['msg']}.") from error


def _model_key(tag: str) -> str:
    return f"models/{check_tag(tag)}/model.pkl"


def _manifest_key(tag: str) -> str:
    return f"models/{tag}/manifest.json"


class _Reported(io.FileIO):
    """A file that says how much of it was read."""

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        super().__init__(path, "rb")
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(-1 if size is None else size) or b""
        self._progress(len(chunk))
        return chunk
