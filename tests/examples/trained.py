"""The five examples as a user has them: copied, trained, and with records to ask them."""

import csv
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands.environments.environment import environment_for
from commands.pickles.inspection import inspect_model
from commands.train import train_model
from tests.examples.records import RECORDS
from tests.running import ROOT, run

SAMPLE = {"cuisine": 1000, "spam": 1500, "housing": 300, "sentiment": 600, "reorder": 60}
"""Rows to train on in a few seconds; users, for the last."""
WHOLE = bool(os.environ.get("WHOLE"))
"""`make examples` has trained them on everything."""
UNKNOWN = {"user_id": 2_000_000, "product_id": 1}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A project with its model, and what it wrote beside it."""

    name: str
    project: Path
    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "model.pkl"

    @property
    def metrics(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((self.folder / "metrics.json").read_text())
        return found

    @property
    def features(self) -> Sequence[Path]:
        """The file of each feature view."""
        return sorted((self.folder / "features").glob("*.csv"))

    def records(self) -> list[dict[str, Any]]:
        """The example, and others that are unlike it."""
        others: list[dict[str, Any]] = RECORDS.get(self.name, [])
        if self.name == "reorder":
            with (self.folder / "features" / "user_products.csv").open(newline="") as file:
                pairs = list(csv.DictReader(file))[:300]
            others = [{"user_id": int(pair["user_id"]), "product_id": int(pair["product_id"])} for pair in pairs]
        return [json.loads((self.project / "example.json").read_text(encoding="utf-8")), *others]

    def own_answers(self, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The Pipeline's, in a process that has its libraries and the project's modules only."""
        environment = environment_for(self.project, inspect_model(self.model)).variables()
        script = str(ROOT / "tests" / "examples" / "own_answers.py")
        command = [sys.executable, "-P", script, str(self.project), str(self.folder)]
        found = run(*command, input=json.dumps(records), env=environment, cwd=self.folder)
        answers: list[dict[str, Any]] = json.loads(found.stdout)
        return answers


def trained(name: str, folder: Path) -> Trained:
    """A copy of the example, trained on a sample; or itself, where it is trained on all of its data."""
    if WHOLE:
        project = ROOT / "examples" / name
        return Trained(name=name, project=project, folder=project / "build")
    project = folder / f"my-{name}"
    shutil.copytree(ROOT / "examples" / name, project, ignore=shutil.ignore_patterns("build", ".state", "__pycache__"))
    model = train_model(project, ["--rows", str(SAMPLE[name])])
    return Trained(name=name, project=project, folder=model.parent)


def check(answers: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]) -> None:
    """Raises AssertionError when the service answers anything else than the Pipeline."""
    assert [set(answer) for answer in answers] == [set(answer) for answer in own]
    for answer, expected in zip(answers, own, strict=True):
        if isinstance(expected["prediction"], float):
            assert answer["prediction"] == pytest.approx(expected["prediction"], rel=1e-6)
        else:
            assert answer["prediction"] == expected["prediction"]
        if "probabilities" in expected:
            assert answer["probabilities"] == pytest.approx(expected["probabilities"], rel=1e-5, abs=1e-9)
