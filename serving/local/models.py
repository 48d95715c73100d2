"""A folder as a bucket of models."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from serving.errors import BucketMissing, ModelUnavailable, PointerMoved, RegistryError
from serving.local.lock import locked
from serving.ports import ABSENT
from serving.settings import is_folder

MARK = ".model-bucket"
"""A file that tells a bucket from any other folder, so that delete-bucket can't remove the wrong one."""


class FolderBucket:
    """The ModelBucket port. An object's version is the sha256 of its content."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self.name = str(folder) if is_folder(str(folder)) else f"./{folder}"

    def create(self) -> bool:
        """Make the folder a bucket; False when it is one already. Raises RegistryError for a folder in use."""
        if self.exists():
            return False
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise RegistryError(f"{self.name} is not empty and no bucket: choose a new folder.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / MARK).touch()
        except OSError as error:
            raise RegistryError(f"{self.name} can't be made: {error.strerror}.") from error
        return True

    def exists(self) -> bool:
        return (self.folder / MARK).is_file()

    def delete(self) -> None:
        """Remove the bucket and every model in it. Raises BucketMissing for any other folder."""
        self._check()
        shutil.rmtree(self.folder)

    def read(self, key: str) -> tuple[bytes, str] | None:
        try:
            content = (self.folder / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            self._check()
            return None
        except OSError as error:
            raise ModelUnavailable(f"{key} can't be read: {error.strerror}") from error
        return content, hashlib.sha256(content).hexdigest()

    def write(self, key: str, content: BinaryIO, *, replaces: str | None) -> None:
        self._check()
        path = self.folder / key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{uuid4().hex}")
            try:
                with partial.open("xb") as file:
                    shutil.copyfileobj(content, file)
                    file.flush()
                    os.fsync(file.fileno())
                with locked(self.folder / ".lock"):
                    present = self.read(key)
                    if (present[1] if present else ABSENT) != replaces:
                        raise PointerMoved(f"{key} was changed by somebody else just now: look, and try again.")
                    partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise ModelUnavailable(f"{key} can't be written: {error.strerror}") from error

    def names(self, prefix: str) -> Sequence[str]:
        self._check()
        paths = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(name for path in paths if (name := path.relative_to(self.folder).as_posix()).startswith(prefix))

    def remove(self, key: str) -> None:
        self._check()
        (self.folder / key).unlink(missing_ok=True)

    def _check(self) -> None:
        if not self.exists():
            raise BucketMissing(f"{self.name} is no bucket: make it with `cli create-bucket {self.name}`.")
