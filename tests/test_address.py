"""The client commands find this machine's service on any port, and `cli serve` says which model it leaves out."""

import csv
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from commands.address import address
from serving.settings import Settings
from tests.making import pickled, upload, write_project
from tests.running import Service, cli, running_service
from tests.spoiling import doubling

WITHOUT = {name: value for name, value in os.environ.items() if name not in {"SERVICE_URL", "STATE_DIR", "BUCKET"}}
Start = Callable[[], AbstractContextManager[Service]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The model that was trained into its build folder is current in its registry."""
    folder = write_project(tmp_path / "project", "x: float = Field(examples=[1])")
    upload(Settings.read({}, project_dir=folder), pickled(folder / "build" / "model.pkl", doubling()))
    return folder


@pytest.fixture
def serve(project: Path) -> Start:
    return lambda: running_service(project / ".state", project=project)


def predicted(folder: Path, *options: str) -> list[float]:
    """What `cli predict` answers to 1 and 2 in a folder."""
    finished = cli("predict", "-", *options, cwd=folder, env=WITHOUT, input="x\n1\n2\n")
    return [float(row["prediction"]) for row in csv.DictReader(finished.stdout.splitlines())]


def test_predict_and_result_find_the_projects_service_while_it_is_served(serve: Start, project: Path) -> None:
    kept = project / ".state" / "serve.url"
    with serve() as service:
        assert "is another model than" not in service.log, "what is served was trained last"
        assert address(project / ".state") == kept.read_text() == service.url
        assert predicted(project) == pytest.approx([2, 4])
        assert predicted(project.parent, "--project", "project") == pytest.approx([2, 4])
        assert predicted(project.parent, "--state-dir", "project/.state") == pytest.approx([2, 4])
        sent = cli("predict", "-", "--no-wait", cwd=project, env=WITHOUT, input="x\n1\n").stdout
        result = cli("result", json.loads(sent)["prediction_id"], cwd=project, env=WITHOUT)
        assert json.loads(result.stdout)["result"][0]["prediction"] == pytest.approx(2)
        service.process.kill()
        service.process.wait()
        assert kept.exists()
        assert address(project / ".state") is None, "nobody is there any more"


def test_a_model_that_was_trained_since_is_named_when_another_is_served(serve: Start, project: Path) -> None:
    trained = pickled(project / "build" / "model.pkl", doubling(3))
    with serve() as service:
        assert predicted(project) == pytest.approx([2, 4])
    (said,) = [line for line in service.log.splitlines() if "is another model than" in line]
    assert said == (
        f"{trained} is another model than v1, which is current: "
        f"`cli serve --project {project} --model {trained}` serves it."
    )
    assert not (project / ".state" / "serve.url").exists()
