"""The whole gate has nothing against what `cli init` wrote, and needs no edit for it."""

from pathlib import Path

import pytest

from commands.gate.finding import Level
from commands.gate.gate import Gate
from commands.scaffold.reading import read_frame
from serving.settings import Settings
from tests.scaffold.cases import CASES
from tests.scaffold.frames import training_file
from tests.scaffold.making import scaffold

NAMES = [
    "iris, scaled",
    "titanic, imputers and one-hot",
    "adult, scaler and one-hot",
    "sms, texts",
    "cooking, lists of words",
    "boston, as an array",
]


@pytest.mark.parametrize("name", NAMES)
def test_check_passes(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    data = training_file(case.data, tmp_path / "data")
    pipeline = case.fitted(read_frame(data)[0])
    scaffold(tmp_path / "project", pipeline, data)
    findings = Gate(Settings.read({}, project_dir=tmp_path / "project"), tmp_path / "project.pkl").run()
    assert {finding.check: finding.message for finding in findings.found if finding.level is not Level.PASSED} == {}
    assert {"project", "scan", "example", "fields", "bundle"} <= {finding.check for finding in findings.found}
