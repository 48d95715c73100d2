"""The registry's rules, on any bucket: immutable tags with a manifest, and a pointer to the current one."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from serving.errors import ModelRefused, RegistryError, ServingError, TagMissing, TagTaken
from serving.manifest import Manifest, Pointer, check_tag
from serving.pointers import PointerFile, moved_back, moved_on, pointers, users
from serving.ports import ABSENT, ModelBucket
from serving.prediction import ModelVersion

Fits = Callable[[Manifest], None]
"""Raises a ServingError when that model must not become current."""


@dataclass(frozen=True, kw_only=True)
class ModelRegistry:
    """The models of one bucket, as one service's stage sees them."""

    bucket: ModelBucket
    service: str
    stage: str

    def tags(self) -> Sequence[str]:
        """Every complete model's, sorted."""
        names = self.bucket.names("models/")
        return sorted(name.split("/")[1] for name in names if name.endswith("/manifest.json") and name.count("/") == 2)

    def manifests(self) -> Sequence[Manifest]:
        """Every complete model, by tag. Raises ModelRefused for a manifest that can't be read."""
        return [self.manifest(tag) for tag in self.tags()]

    def manifest(self, tag: str) -> Manifest:
        """Raises TagMissing, ModelRefused for one that can't be read, ModelUnavailable."""
        found = self.bucket.read(manifest_key(tag))
        if found is None:
            raise TagMissing(_missing(tag, self.bucket.name))
        try:
            return Manifest.model_validate_json(found[0])
        except ValidationError as error:
            raise ModelRefused(f"The manifest of {tag} can't be read: {error.errors()[0]['msg']}.") from error

    def content(self, version: ModelVersion) -> bytes:
        """The bytes of the model file, verified. Raises TagMissing, ModelRefused, ModelUnavailable."""
        found = self.bucket.read(model_key(version.tag))
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

    def upload(self, path: Path, manifest: Manifest, progress: Callable[[int], None] = lambda count: None) -> bool:
        """Store a model under its tag; False when the same bytes are there already.

        `progress` is called with the number of bytes just sent. Raises TagTaken when the tag has other bytes,
        ModelRefused when the file is no longer the one of the manifest.
        """
        free = self.check_free(manifest)
        if not free and self.bucket.names(model_key(manifest.tag)):
            return False
        left_over = self.bucket.read(model_key(manifest.tag))  # by an upload that did not finish
        with _Reported(path, progress) as file:
            version = ABSENT if left_over is None else left_over[1]
            self.bucket.write(model_key(manifest.tag), file, replaces=version)
        sent = self.bucket.read(model_key(manifest.tag))
        if sent is None or hashlib.sha256(sent[0]).hexdigest() != manifest.sha256:
            raise ModelRefused(f"{path} has changed while it was checked and sent: nothing is stored; try again.")
        if free:
            text = manifest.model_dump_json(indent=2).encode()
            self.bucket.write(manifest_key(manifest.tag), io.BytesIO(text), replaces=ABSENT)
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

    def check_unused(self, tag: str) -> Sequence[str]:
        """What is stored of a model that may be deleted. Raises what `delete` raises."""
        names = self.bucket.names(f"models/{check_tag(tag)}/")
        if not names:
            raise TagMissing(_missing(tag, self.bucket.name))
        self._check_pointers(tag)
        return names

    def delete(self, tag: str) -> None:
        """Remove a model and all that is kept beside it.

        Raises RegistryError when a pointer of any service names it as current or previous, TagMissing.
        """
        names = self.check_unused(tag)
        manifest = self.bucket.read(manifest_key(tag))
        # First: without it no model is listed, and an upload takes the place of what a deletion has left behind.
        self.bucket.remove(manifest_key(tag))
        try:
            self._check_pointers(tag)  # somebody may have promoted it since the first look
        except ServingError:
            if manifest is not None:
                self.bucket.write(manifest_key(tag), io.BytesIO(manifest[0]), replaces=ABSENT)
            raise
        for name in sorted(set(names) - {manifest_key(tag)}):
            if self.bucket.read(manifest_key(tag)) is not None:
                return  # somebody has uploaded it anew: what is there now is theirs
            self.bucket.remove(name)

    def pointers(self) -> Mapping[str, Pointer]:
        """Every pointer of the bucket, by `service/stage`: who serves from it, or did."""
        return pointers(self.bucket)

    def pointer(self) -> Pointer | None:
        """What is current; None before the first upload. Raises ModelUnavailable."""
        found = self._file.read()
        return found and found[0]

    def promote(self, tag: str, *, fits: Fits = lambda manifest: None) -> Pointer:
        """Make a tag current; `fits` may refuse it before anything is changed. Raises TagMissing, PointerMoved."""
        manifest = self.manifest(tag)
        found = self._file.read()
        if found and found[0].current == manifest.version:
            return found[0]
        fits(manifest)
        return self._move(found, moved_on(found and found[0], manifest.version))

    def rollback(self, *, fits: Fits = lambda manifest: None) -> Pointer:
        """Make current what was so before; deleted tags are passed over.

        `fits` may refuse it before anything is changed. Raises RegistryError when nothing was before, PointerMoved.
        """
        found = self._file.read()
        if found is None:
            raise TagMissing(f"{self.service}/{self.stage} has no model yet: `cli upload BUCKET PATH --tag v1`.")
        new = moved_back(found[0], self._is_there)
        fits(self.manifest(new.tag))
        return self._move(found, new)

    def restore(self, before: Pointer | None, *, instead_of: str) -> bool:
        """Put the pointer back as it was before the tag `instead_of`; False when it names another one by now.

        Without a pointer before there is none again. Raises PointerMoved, ModelUnavailable.
        """
        found = self._file.read()
        if found is None or found[0].tag != instead_of:
            return False
        return self._file.put_back(before, instead_of=found[0].current)

    @property
    def pointer_key(self) -> str:
        """Where the bucket has the pointer."""
        return self._file.key

    @property
    def _file(self) -> PointerFile:
        return PointerFile(bucket=self.bucket, service=self.service, stage=self.stage)

    def _move(self, found: tuple[Pointer, str] | None, new: Pointer) -> Pointer:
        """Write the pointer; taken back when the model was deleted at that very moment. Raises TagMissing."""
        self._file.write(new, replaces=found[1] if found else ABSENT)
        if not self._is_there(new.current):
            self._file.put_back(found and found[0], instead_of=new.current)
            raise TagMissing(f"{new.tag} was deleted just now: see `cli list-objects {self.bucket.name}`.")
        return new

    def _is_there(self, version: ModelVersion) -> bool:
        """Whether the tag still holds these bytes."""
        try:
            return self.manifest(version.tag).version == version and bool(self.bucket.names(model_key(version.tag)))
        except (TagMissing, ModelRefused):
            return False

    def _check_pointers(self, tag: str) -> None:
        found = users(self.bucket, tag)
        if found:
            raise RegistryError(f"{tag} is {' and '.join(found)}: workers may need it; promote others there first.")


def _missing(tag: str, bucket: str) -> str:
    return f"There is no model with the tag {tag} in {bucket}: see `cli list-objects {bucket}`."


def model_key(tag: str) -> str:
    return f"models/{check_tag(tag)}/model.pkl"


def manifest_key(tag: str) -> str:
    return f"models/{check_tag(tag)}/manifest.json"


class _Reported(io.FileIO):
    """A file that says how much of it was read."""

    def __init__(self, path: Path, progress: Callable[[int], None]) -> None:
        super().__init__(path, "rb")
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(-1 if size is None else size) or b""
        self._progress(len(chunk))
        return chunk
