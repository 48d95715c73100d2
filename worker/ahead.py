"""The current model is on its way while the libraries are imported that it is made of."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import BinaryIO

from pydantic import ValidationError

from serving.adapters import Backend
from serving.errors import ServingError
from serving.manifest import Pointer
from serving.models import manifest_key, model_key
from serving.ports import ModelBucket

Found = tuple[bytes, str] | None


@contextmanager
def fetching(backend: Backend) -> Iterator[Backend]:
    """The same backend, for the block that imports the worker and makes it: its bucket is being read already."""
    ahead = Ahead(backend.registry.bucket, backend.registry.pointer_key)
    try:
        yield replace(backend, registry=replace(backend.registry, bucket=ahead))
    finally:
        ahead.drop()


class Ahead:
    """The ModelBucket port. What a thread has read of the current model is handed out once, errors too."""

    def __init__(self, bucket: ModelBucket, pointer: str) -> None:
        self.name = bucket.name
        self._bucket = bucket
        self._held: dict[str, Future[Found]] = {}
        self._thread = threading.Thread(target=self._fetch, args=(pointer,), name="ahead", daemon=True)
        self._thread.start()

    def read(self, key: str) -> Found:
        self._thread.join()
        held = self._held.pop(key, None)
        return self._bucket.read(key) if held is None else held.result()

    def write(self, key: str, content: BinaryIO, *, replaces: str | None) -> None:
        self._bucket.write(key, content, replaces=replaces)

    def names(self, prefix: str) -> Sequence[str]:
        return self._bucket.names(prefix)

    def remove(self, key: str) -> None:
        self._bucket.remove(key)

    def drop(self) -> None:
        """Forget what nobody has asked for: it may be a large model that was refused."""
        self._thread.join()
        self._held.clear()

    def _fetch(self, pointer: str) -> None:
        with suppress(ServingError, ValidationError):  # whoever asks is told
            found = self._hold(pointer)
            if found is not None:
                tag = Pointer.model_validate_json(found[0]).tag
                for key in (manifest_key(tag), model_key(tag)):
                    self._hold(key)

    def _hold(self, key: str) -> Found:
        held: Future[Found] = Future()
        self._held[key] = held
        try:
            held.set_result(self._bucket.read(key))
        except Exception as error:  # whatever it is: whoever asks would wait for ever
            held.set_exception(error)
        return held.result()
