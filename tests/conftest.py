"""The real service in its own processes, for every test that speaks HTTP."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.running import ROOT, Service, run, running_service


@pytest.fixture(scope="session")
def iris_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project's model, trained by its own train.py."""
    folder = tmp_path_factory.mktemp("iris")
    run(sys.executable, str(ROOT / "train.py"), str(folder))
    return folder / "model.pkl"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, iris_model: Path) -> Iterator[Service]:
    """The default project, served on a free port of the loopback."""
    with running_service(tmp_path_factory.mktemp("state"), model=iris_model) as started:
        yield started


@pytest.fixture
def serve(tmp_path: Path, iris_model: Path) -> Iterator[Callable[..., Service]]:
    """Starts further services: `serve(MAX_BODY="100")`, `serve(project=folder, model=pickle)`."""
    with ExitStack() as stack:

        def start(*, project: Path = ROOT, model: Path | None = None, **environment: str) -> Service:
            return stack.enter_context(
                running_service(tmp_path / "state", project=project, model=model or iris_model, environment=environment)
            )

        yield start
