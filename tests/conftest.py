"""The real service in its own processes, for every test that speaks HTTP."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from xdist.scheduler import LoadScopeScheduling

from serving.settings import Settings
from tests.running import ROOT, Service, cli, run, running_service

pytest_plugins = ["tests.aws.fixtures", "tests.webform.fixtures"]

SERVICES = {"service", "serve", "small", "gateway", "emulator"}
FILES = {
    *("test_bench.py", "test_bench_parts.py"),
    *("test_bucket_commands.py", "test_quarantine.py", "test_serve.py", "test_serve_refusals.py"),
    *("test_check_passes.py", "test_init_command.py", "test_switch.py", "test_tags.py", "test_strangers_project.py"),
    *("test_fetch.py", "test_train_command.py", "test_looked_up.py", "test_examples.py", "test_interrupted.py"),
    *(
        "test_drill.py",
        "test_fuzz.py",
        "test_operating_here.py",
        "test_advice.py",
        "test_dangerous.py",
        "test_inspect_command.py",
        "test_origins.py",
        "test_bad_models.py",
    ),
}
FOLDERS = {"aws", "comparing", "e2e", "environments", "hostile", "packaging", "webform", "workflows"}
TOGETHER = {
    "tests/aws/e2e/test_stacks.py": "stacks",
    "tests/aws/e2e/": "site",
    "tests/hostile/": "hostile",
    "tests/packaging/": "packaging",
    "tests/webform/": "webform",
    "tests/workflows/": "workflows",
}


LONGEST = "tests/workflows/"


class ByFile(LoadScopeScheduling):
    """A file's tests share a process, and so do all that use the same deployment, packages, or service."""

    def _split_scope(self, nodeid: str) -> str:
        scopes = (scope for path, scope in TOGETHER.items() if nodeid.startswith(path))
        return next(scopes, nodeid.partition("::")[0])


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more than there are cores: most tests wait for other processes, and some for their turn to deploy."""
    return min(4, (os.cpu_count() or 1) + 2)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How `make test` divides the tests among its processes."""
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs more than Python; a plain `pytest` leaves it out, `make test` and a path or -m do not."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))  # what is begun last is waited for alone
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        backend = getattr(getattr(item, "callspec", None), "params", {}).get("ports")
        if SERVICES & fixtures or backend == "aws" or item.path.name in FILES or item.path.parent.name in FOLDERS:
            item.add_marker("service")
    if config.args_source is config.ArgsSource.TESTPATHS and not config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("service") or item.get_closest_marker("alone")]
        if not _has_model():
            left_out += [item for item in items if "test_model.py::test_the_model_" in item.nodeid]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _has_model() -> bool:
    """Whether the project has a model on this machine, or makes one."""
    project = Settings.read().project_dir
    return "MODEL" in os.environ or (project / "build/model.pkl").is_file() or (project / "train.py").is_file()


@pytest.fixture(scope="session")
def iris_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project's model, trained by its own train.py."""
    folder = tmp_path_factory.mktemp("iris")
    run(sys.executable, str(ROOT / "train.py"), str(folder))
    return folder / "model.pkl"


@pytest.fixture(scope="session")
def iris_bucket(tmp_path_factory: pytest.TempPathFactory, iris_model: Path) -> str:
    """A bucket that holds it, as the current model."""
    bucket = str(tmp_path_factory.mktemp("bucket") / "models")
    cli("create-bucket", bucket)
    cli("upload", bucket, str(iris_model), "--tag", "v1")
    return bucket


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, iris_bucket: str) -> Iterator[Service]:
    """The default project, served on a free port of the loopback."""
    with running_service(tmp_path_factory.mktemp("state"), environment={"BUCKET": iris_bucket}) as started:
        yield started


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


@pytest.fixture
def serve(tmp_path: Path, iris_bucket: str) -> Iterator[Callable[..., Service]]:
    """Starts further services: `serve(MAX_BODY="100")`, `serve(project=folder, model=pickle)`."""
    with ExitStack() as stack:

        def start(*, project: Path = ROOT, model: Path | None = None, **environment: str) -> Service:
            if model is None:
                environment["BUCKET"] = iris_bucket
            return stack.enter_context(
                running_service(tmp_path / "state", project=project, model=model, environment=environment)
            )

        yield start
