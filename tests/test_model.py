"""The project's own model: is it a Pipeline, does the schema take the example, does the model predict it?

Of the project in PROJECT_DIR, this repository's own without it. MODEL names the pickle; else it is the project's
build/model.pkl, and where there is none yet train.py makes one. Where there is neither, tests/conftest.py leaves out
what needs a model: `cli check --stored` looks at one that is only in a bucket.
"""

import os
from pathlib import Path

import pytest

from commands.gate.finding import Level
from commands.gate.gate import Gate
from commands.train import train_model
from serving.project import Project
from serving.settings import Settings


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """The gate after all its checks."""
    settings = Settings.read()
    model = Path(os.environ.get("MODEL") or settings.project_dir / "build" / "model.pkl")
    script = settings.project_dir / "train.py"
    if not model.is_file() and "MODEL" not in os.environ and script.is_file():
        model = train_model(settings.project_dir, folder=tmp_path_factory.mktemp("trained"))
    made = Gate(settings, model)
    made.run()
    return made


def test_the_schema_accepts_the_example(gate: Gate) -> None:
    project = Project.load(gate.settings.project_dir)
    assert set(project.example) == set(project.columns)


def test_the_model_is_a_pipeline_that_is_safe_to_load(gate: Gate) -> None:
    assert gate.inspection is not None, gate.findings.failures[0].told
    assert gate.inspection.verdict == "clean"
    assert gate.inspection.shape.kind == "pipeline"


def test_the_model_predicts_the_example_and_no_check_fails(gate: Gate) -> None:
    assert [finding.told for finding in gate.findings.found if finding.level is Level.FAILED] == []
    assert gate.tried is not None
    assert gate.tried.answer is not None, gate.tried.problem
    assert "prediction" in gate.tried.answer
