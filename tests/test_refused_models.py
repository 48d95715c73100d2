"""A model that was refused is not read again and again; one that could not be had is."""

import pickle
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from serving.errors import ModelUnavailable
from serving.local.models import FolderBucket
from serving.models import ModelRegistry
from tests.making import Loop, make_loop
from tests.spoiling import doubling, put, reported
from worker.child import model_source
from worker.model import ModelSource
from worker.reporter import Reporter


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    """Serves v1, and looks for another model at every batch."""
    made = make_loop(tmp_path, "x: float = Field(examples=[1])", doubling(), model_refresh=0.0001)
    yield made
    made.close()


class Counted(FolderBucket):
    """A folder that counts what is read, and in which some keys can't be."""

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self.reads: Counter[str] = Counter()
        self.broken: set[str] = set()

    def read(self, key: str) -> tuple[bytes, str] | None:
        self.reads[key.rpartition("/")[2]] += 1
        if key in self.broken:
            raise ModelUnavailable(f"{key} can't be read")
        return super().read(key)


def counted(loop: Loop) -> tuple[ModelSource, Counted]:
    """A source of its own, with the counts of its bucket."""
    bucket = Counted(loop.settings.models_at)
    registry = ModelRegistry(bucket=bucket, service=loop.settings.service, stage=loop.settings.stage)
    backend = replace(loop.backend, registry=registry)
    return model_source(loop.settings, backend, loop.project, reporter=Reporter(backend.predictions)), bucket


def looked(source: ModelSource, times: int = 3) -> str:
    for _ in range(times):
        time.sleep(0.001)
        found = source.current().version.tag
    return found


def test_a_refused_model_is_not_read_again_until_the_pointer_moves(loop: Loop) -> None:
    source, bucket = counted(loop)
    assert looked(source) == "v1"
    put(loop, "v2", b"no pickle")
    bucket.reads.clear()
    assert looked(source) == "v1"
    assert bucket.reads == {"dev.json": 3, "manifest.json": 1, "model.pkl": 1}
    put(loop, "v3")
    assert looked(source) == "v3"
    loop.backend.registry.promote("v2")
    bucket.reads.clear()
    assert looked(source) == "v3"
    assert bucket.reads["model.pkl"] == 1, "once more, since the pointer came back to it"


def test_when_both_are_refused_neither_is_read_again(loop: Loop) -> None:
    for tag in ("v2", "v3"):
        put(loop, tag, b"no pickle, " + tag.encode())
    source, bucket = counted(loop)
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="nor can the previous one"):
            source.current()
    assert bucket.reads == {"dev.json": 3, "manifest.json": 2, "model.pkl": 2}


def test_a_model_that_can_not_be_read_just_now_is_tried_again(loop: Loop) -> None:
    source, bucket = counted(loop)
    looked(source)
    put(loop, "v2", pickle.dumps(doubling(3)))
    bucket.broken = {"models/v2/model.pkl"}
    assert looked(source) == "v1"
    assert bucket.reads["model.pkl"] == 4
    assert reported(loop)[:2] == ("v1", "v2")
    bucket.broken = set()
    assert looked(source) == "v2"
    assert reported(loop) == ("v2", None, None)
