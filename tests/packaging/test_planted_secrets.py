"""Nothing that is secret on the machine that packages goes into what is deployed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.deployment import BUILD
from tests.building import build_folder
from tests.making import write_project
from tests.packaging.conftest import Built
from tests.planted import DOTENV, ENVIRONMENT, FOLDER, files, found, plant
from tests.running import ROOT, cli


@pytest.fixture
def packaged(host: Built, tmp_path: Path) -> Iterator[Path]:
    """A project with a .env and a state folder, packaged by somebody who is logged in to AWS."""
    project = plant(write_project(tmp_path / FOLDER / "project", "x: float = Field(examples=[1])"))
    (project / ".state").mkdir()
    (project / ".state" / "state.db").write_text(DOTENV)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **ENVIRONMENT}
    with build_folder():
        cli("package", "--for", "host", "--project", str(project), cwd=tmp_path, env=environment)
        yield BUILD


def test_zips_and_what_serverless_yml_reads_hold_no_secret(packaged: Path) -> None:
    made = [packaged / name for name in ("api.zip", "worker.zip", "deployment.json")]
    contents = dict(part for path in made for part in files(path.name, path.read_bytes()))
    assert "worker.zip/project/validation.py" in contents
    assert found([*ENVIRONMENT.values(), DOTENV, FOLDER], contents) == []
    assert not [name for name in contents if name.endswith((".env", ".db", ".pkl"))]
    environment = json.loads(contents["deployment.json"])["environment"]
    assert not environment.keys() & {*ENVIRONMENT, "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"}
