"""A project with choices, numbers and gaps, and Pipelines that fit it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from commands.gate.agreement import agreement
from commands.gate.finding import Finding, Level
from commands.gate.gate import Gate
from commands.trial.trial import Tried
from commands.trial.trying import check
from serving.project import Project
from serving.settings import Settings
from tests.making import pickled, write_project

SCHEMA = """
city: Literal["Lyon", "Nice", "Paris"]
rooms: int = Field(ge=1, le=9)
area: float = Field(ge=10, le=500)
"""
FRAME = pd.DataFrame(
    {"city": ["Lyon", "Nice", "Paris"] * 6, "rooms": [1, 2, 3, 4, 5, 6] * 3, "area": [20.0, 35, 50, 80, 120, 200] * 3}
)
PRICEY = FRAME["area"] > 60


def fitted(frame: pd.DataFrame = FRAME, **encoder: Any) -> Pipeline:
    """On the columns of `frame` as they stand."""
    columns = make_column_transformer(
        (OneHotEncoder(**encoder), ["city"]), (StandardScaler(), ["rooms", "area"]), verbose_feature_names_out=False
    )
    return make_pipeline(columns, LogisticRegression()).fit(frame, PRICEY)


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., Gate]:
    """`gate(pipeline, schema)`: after all its checks."""

    def run(model: Any, schema: str = SCHEMA, files: dict[str, str] | None = None) -> Gate:
        project = write_project(tmp_path / "project", schema, files)
        path = model if isinstance(model, Path) else pickled(tmp_path / "model.pkl", model)
        made = Gate(Settings.read({}, project_dir=project), path)
        made.run()
        return made

    return run


@pytest.fixture
def fields(tmp_path: Path) -> Callable[..., Gate]:
    """`fields(pipeline, schema)`: after the comparison of schema and model alone, in this process."""

    def run(model: Any, schema: str = SCHEMA) -> Gate:
        settings = Settings.read({}, project_dir=write_project(tmp_path / "project", schema))
        path = pickled(tmp_path / "model.pkl", model)
        made = Gate(settings, path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        argument = {"settings": settings.model_dump(mode="json"), "model": str(path), "sha256": sha256, "names": []}
        made.findings.add(*agreement(Project.load(settings.project_dir), Tried.of(*check(argument))))
        return made

    return run


def only_failure(gate: Gate) -> Finding:
    failures = gate.findings.failures
    assert len(failures) == 1, [finding.told for finding in failures]
    return failures[0]


def warnings_of(gate: Gate) -> list[str]:
    return [finding.message for finding in gate.findings.found if finding.level is Level.WARNED]
