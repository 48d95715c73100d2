"""Real packages, built once: for this machine, and for Lambda."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from commands.deployment import Deployment
from commands.packaging.build import Package, build
from tests.running import ROOT


@dataclass(frozen=True)
class Built:
    """A package and its zips, unpacked as Lambda does."""

    package: Package
    folders: Mapping[str, Path]


def built(folder: Path, *, host: bool, project: Path = ROOT, **settings: str) -> Built:
    deployment = Deployment.read({}, backend="aws", project_dir=project, bucket="models", **settings)
    package = build(deployment, host=host, folder=folder / "build")
    folders = {}
    for name, path in (("api", package.api), ("worker", package.worker)):
        folders[name] = folder / name
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folders[name])
    return Built(package, folders)


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What the emulator runs: the default project for this machine."""
    return built(tmp_path_factory.mktemp("host"), host=True)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What is deployed when nothing is said: the default project for python3.13 on arm64."""
    return built(tmp_path_factory.mktemp("lambda"), host=False, python_version="3.13")
