"""promote, rollback, delete and list-objects as typed in a terminal, on this machine while nothing is served."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.local.models import FolderBucket
from serving.manifest import Scan
from serving.models import ModelRegistry
from tests.making import pickled, write_project
from tests.manifests import libraries, manifest_of
from tests.running import cli
from tests.spoiling import doubling

SCHEMA = "x: float = Field(examples=[1])"


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    write_project(tmp_path / "project", SCHEMA, {"service.toml": 'name = "iris"'})
    bucket = FolderBucket(tmp_path / "state" / "models")
    bucket.create()
    return ModelRegistry(bucket=bucket, service="iris", stage="dev")


@pytest.fixture
def put(registry: ModelRegistry, tmp_path: Path) -> Callable[..., None]:
    """Stores models under tags, none of them current; `changes` are the manifest's."""

    def store(*tags: str, **changes: Any) -> None:
        for tag in tags:
            path = pickled(tmp_path / "model.pkl", doubling(len(registry.tags()) + 1))
            manifest = manifest_of(path.read_bytes(), tag=tag, project=tmp_path / "project", **changes)
            registry.upload(path, manifest)

    return store


@pytest.fixture
def typed(registry: ModelRegistry, tmp_path: Path) -> Callable[..., str]:
    """The one line that a command says, of its error too."""

    def run(*arguments: str, code: int = 0) -> str:
        where = ("--project", str(tmp_path / "project"), "--state-dir", str(tmp_path / "state"))
        finished = cli(*arguments, *where, check=False)
        assert finished.returncode == code, finished.stderr
        (line,) = (finished.stderr if code else finished.stdout).splitlines()
        return line.removeprefix("error: ")

    return run


def listed(registry: ModelRegistry, *options: str) -> str:
    assert isinstance(registry.bucket, FolderBucket)
    return cli("list-objects", str(registry.bucket.folder), *options).stdout


def test_a_model_is_promoted_taken_back_and_deleted(
    registry: ModelRegistry, put: Callable[..., None], typed: Callable[..., str]
) -> None:
    put("v1", "v2", "v3")
    assert typed("promote", "v1") == "v1 is current now. The next `cli serve` serves it."
    assert typed("promote", "v2") == "v2 is current now (before: v1). The next `cli serve` serves it."
    assert typed("promote", "v2") == "v2 is current already."
    assert typed("delete", "v2", "--yes", code=1) == (
        "v2 is current in iris/dev: workers may need it; promote others there first."
    )
    assert typed("delete", "v1", code=1) == (
        "v1 is previous in iris/dev: workers may need it; promote others there first."
    )
    assert typed("delete", "v3", code=1) == "Delete the model v3? Nobody is here to answer: add --yes."
    assert typed("delete", "v3", "--yes") == "v3 is deleted."
    assert typed("rollback") == "v1 is current now (before: v2). The next `cli serve` serves it."
    assert typed("rollback", code=1) == "There is nothing before v1: see `cli list-objects`, and promote what you want."
    assert registry.tags() == ["v1", "v2"]


@pytest.mark.parametrize("command", ["promote", "delete"])
def test_a_tag_that_is_none_is_told(put: Callable[..., None], typed: Callable[..., str], command: str) -> None:
    put("v1")
    assert typed(command, "v9", code=1).startswith("There is no model with the tag v9 in ")
    for tag in ("a/b", ""):
        assert "can't be a tag: use letters, digits" in typed(command, tag, code=1)


def test_without_a_model_there_is_nothing_to_go_back_to(typed: Callable[..., str]) -> None:
    assert typed("rollback", code=1) == "iris/dev has no model yet: `cli upload BUCKET PATH --tag v1`."


def test_a_model_of_another_schema_is_not_promoted(
    put: Callable[..., None], typed: Callable[..., str], tmp_path: Path, registry: ModelRegistry
) -> None:
    put("v1")
    typed("promote", "v1")
    write_project(tmp_path / "project", f"{SCHEMA}\nnote: str = ''")
    put("v2")
    typed("promote", "v2")
    assert typed("rollback", code=1) == (
        f"v1 was made for another validation.py than the one in {tmp_path / 'project'}: "
        "put that one back, or upload the model anew under another tag."
    )
    pointer = registry.pointer()
    assert pointer is not None
    assert pointer.tag == "v2"


def test_a_dangerous_model_is_not_promoted(put: Callable[..., None], typed: Callable[..., str]) -> None:
    put("v1", scan=Scan(verdict="dangerous", scanner="picklescan 1.0.5"))
    assert typed("promote", "v1", code=1) == (
        "Model v1 must not be loaded: picklescan 1.0.5 found its pickle dangerous."
    )


def test_a_model_of_another_scikit_learn_is_promoted_for_the_next_start_brings_it(
    put: Callable[..., None], typed: Callable[..., str]
) -> None:
    put("v1")
    put("v2", libraries=libraries(scikit_learn="1.5.2"))
    typed("promote", "v1")
    assert typed("promote", "v2") == "v2 is current now (before: v1). The next `cli serve` serves it."


def test_the_list_shows_who_serves_what_and_what_was_forced(
    registry: ModelRegistry, put: Callable[..., None], typed: Callable[..., str]
) -> None:
    put("v1", metrics={"accuracy": 0.97}, libraries=libraries(scikit_learn="1.5.2", numpy="2.1.0", xgboost="3.0.1"))
    put("v2")
    assert "forced" not in listed(registry)
    put("v3", forced="the example is odd [bold]")
    registry.promote("v1")
    registry.promote("v2")
    ModelRegistry(bucket=registry.bucket, service="wine", stage="prod").promote("v1")
    lines = {line.split()[0]: line for line in listed(registry).splitlines()}
    head = "tag current previous sha256 uploaded versions metrics forced"
    assert " ".join(lines["tag"].split()) == head
    assert "wine/prod" in lines["v1"]
    assert "scikit-learn 1.5.2, xgboost 3.0.1" in lines["v1"]
    assert "accuracy 0.97" in lines["v1"]
    assert registry.manifest("v1").sha256[:8] in lines["v1"]
    assert registry.manifest("v1").created_at[:10] in lines["v1"]
    assert "iris/dev" in lines["v2"]
    assert "the example is odd [bold]" in lines["v3"]
    rows = {row["tag"]: row for row in json.loads(listed(registry, "--json"))}
    assert (rows["v1"]["current_in"], rows["v1"]["previous_in"]) == (["wine/prod"], ["iris/dev"])
    assert [row["current"] for row in rows.values()] == [False, True, False]
    assert rows["v3"]["forced"] == "the example is odd [bold]"


def test_a_manifest_that_can_not_be_read_hides_no_other(registry: ModelRegistry, put: Callable[..., None]) -> None:
    put("v1", "v2")
    assert isinstance(registry.bucket, FolderBucket)
    (registry.bucket.folder / "models/v1/manifest.json").write_text("{}")
    assert "The manifest of v1 can't be read" in listed(registry)
    rows = {row["tag"]: row for row in json.loads(listed(registry, "--json"))}
    assert "can't be read" in rows["v1"]["problem"]
    assert rows["v2"]["size"] > 0


def test_without_a_bucket_the_services_own_is_listed(
    registry: ModelRegistry, put: Callable[..., None], typed: Callable[..., str], tmp_path: Path
) -> None:
    assert "holds no model yet: `cli upload " in typed("list-objects")
    put("v1")
    registry.promote("v1")
    environment = {**os.environ, "STATE_DIR": "../state"}
    rows = json.loads(cli("list-objects", "--json", cwd=tmp_path / "project", env=environment).stdout)
    assert [(row["tag"], row["current"], row["current_in"]) for row in rows] == [("v1", True, ["iris/dev"])]
    (line,) = typed("list-objects", str(tmp_path / "none"), code=1).splitlines()
    assert line.startswith(f"{tmp_path / 'none'} is no bucket"), "the one that is named"
