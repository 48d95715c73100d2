"""Pickles of older scikit-learns, made by those: served under them, and packaged with them."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from commands.environments.wanted import libraries_of
from commands.packaging.target import Target
from commands.packaging.uv import run_uv
from commands.packaging.versions import pins, worker_requirements
from commands.pickles.inspection import inspect_model
from serving.local.models import FolderBucket
from serving.models import ModelRegistry
from tests.manifests import libraries, manifest_of
from tests.running import ROOT, Service, run, running_service

EXAMPLE = json.loads((ROOT / "example.json").read_text())
TOGETHER = {"1.5.2": ("numpy<2.2", "pandas<2.3"), "1.7.2": ("numpy<2.4", "pandas<3")}


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The default project's model, as its train.py makes it under another scikit-learn."""
    made: dict[str, Path] = {}

    def model(version: str) -> Path:
        if version not in made:
            folder = tmp_path_factory.mktemp("older")
            site = folder / "site"
            wanted = (f"scikit-learn=={version}", *TOGETHER[version])
            run_uv("install", "--target", str(site), "--only-binary", ":all:", Target.here().uv_options, *wanted)
            run(sys.executable, str(ROOT / "train.py"), str(folder), env={**os.environ, "PYTHONPATH": str(site)})
            made[version] = folder / "model.pkl"
        return made[version]

    return model


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Service]:
    with running_service(folder / "state", **options) as service:
        yield service


def ask(service: Service) -> Mapping[str, Any]:
    with service.client() as client:
        answer = client.post("/api/predict", json=EXAMPLE, headers={"Prefer": "wait=10"}).raise_for_status().json()
    assert answer["status"] == "succeeded", answer
    found: Mapping[str, Any] = answer
    return found


def path_of(process: psutil.Process) -> str:
    return process.environ().get("PYTHONPATH", "")


@pytest.mark.parametrize("version", TOGETHER)
def test_a_pickle_of_an_older_scikit_learn_is_served_under_it(
    version: str, older: Callable[[str], Path], tmp_path: Path
) -> None:
    with served(tmp_path, model=older(version)) as service:
        answer = ask(service)
        assert answer["result"]["prediction"] == "setosa"
        with service.client() as client:
            model = client.get("/api/info").json()["model"]
        assert model["tag"] == answer["model"]["tag"]
        manifest = json.loads(next((tmp_path / "state" / "models").rglob("manifest.json")).read_text())
        assert manifest["libraries"]["scikit-learn"] == {"version": version, "read_from": "file"}
        assert manifest["libraries"]["pandas"]["read_from"] == "resolved"
        (worker,), (api,) = service.processes("worker"), service.processes("api")
        assert (Path(path_of(worker).split(os.pathsep)[0]) / f"scikit_learn-{version}.dist-info").is_dir()
        assert "environments" not in path_of(api), "the API runs under this Python's own libraries"
        worker.kill()
        assert ask(service)["result"]["prediction"] == "setosa", "so does a worker that is started again"


@pytest.mark.parametrize("version", TOGETHER)
def test_its_bundle_carries_the_same_scikit_learn(version: str, older: Callable[[str], Path], tmp_path: Path) -> None:
    target = Target(python="3.13", architecture="arm64")
    found = libraries_of(ROOT, inspect_model(older(version)), target)
    versions = {name: library.version for name, library in found.items()}
    assert versions["scikit-learn"] == version
    assert versions.items() <= pins(worker_requirements(ROOT, target, versions, tmp_path)).items()


def bucket_of(folder: Path, *models: tuple[str, Path, Mapping[str, str]]) -> str:
    """A bucket of models under their tags, said to need these versions; the last one is current."""
    bucket = FolderBucket(folder / "models")
    bucket.create()
    registry = ModelRegistry(bucket=bucket, service="iris", stage="dev")
    for tag, path, versions in models:
        manifest = manifest_of(path.read_bytes(), tag=tag, project=ROOT, libraries=libraries(**versions))
        registry.upload(path, manifest)
        registry.promote(tag)
    return str(folder / "models")


def test_where_the_libraries_of_the_current_model_can_not_be_had_the_previous_one_is_served(
    older: Callable[[str], Path], iris_model: Path, tmp_path: Path
) -> None:
    unheard_of = {"scikit_learn": "9.9.9"}
    bucket = bucket_of(tmp_path, ("v1", iris_model, {}), ("v2", older("1.5.2"), unheard_of))
    with served(tmp_path, environment={"BUCKET": bucket}) as service:
        assert ask(service)["model"]["tag"] == "v1"
        assert "v2 can't have its libraries: The model needs scikit-learn 9.9.9, which the package index" in service.log
        assert "v1, the model before, is served" in service.log


def test_with_version_mismatch_warn_it_is_tried_under_the_libraries_that_are_here(
    iris_model: Path, tmp_path: Path
) -> None:
    bucket = bucket_of(tmp_path, ("v1", iris_model, {"scikit_learn": "9.9.9"}))
    with served(tmp_path, environment={"BUCKET": bucket, "VERSION_MISMATCH": "warn"}) as service:
        assert ask(service)["model"]["tag"] == "v1"
        assert "It is tried with those that are here." in service.log
