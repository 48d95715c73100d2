"""What `cli init` writes for the well-known data sets needs no edit: it serves what the Pipeline was trained on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic_core import from_json, to_json

from commands.scaffold.reading import read_frame
from serving.project import Project
from tests.scaffold.cases import CASES, Case
from tests.scaffold.frames import training_file
from tests.scaffold.making import check_source, disagreements, predictor_of, scaffold


def records(frame: pd.DataFrame, columns: Any) -> list[dict[str, Any]]:
    """Rows as a client would send them."""
    plain = frame[list(columns)].astype(object)
    return json.loads(json.dumps(plain.where(plain.notna(), None).to_dict("records"), default=str))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_row_of_the_training_data_is_accepted_and_answered_as_by_the_pipeline(case: Case, tmp_path: Path) -> None:
    data = training_file(case.data, tmp_path / "data")
    frame, _ = read_frame(data)
    pipeline = case.fitted(frame)
    folder = tmp_path / case.data.replace("_", "-")
    answer = scaffold(folder, pipeline, data)
    assert answer["passed"] == answer["rows"] > 0, answer["notes"]
    check_source(folder / "validation.py")
    assert disagreements(folder) == []

    project = Project.load(folder)
    predictor = predictor_of(project, pipeline)
    sample = frame.sample(min(2_000, len(frame)), random_state=3)
    sent = [to_json(record) for record in records(sample, project.columns)]
    valid = [from_json(project.dump(project.one.validate_json(record))) for record in sent]
    (answers,) = predictor.predict([valid], 60)
    assert answers is not None
    found = [from_json(one)["prediction"] for one in answers]  # type: ignore[arg-type]
    expected = pipeline.predict(case.inputs(sample)).tolist()
    if isinstance(expected[0], float):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    else:
        assert found == expected

    row = next(place for place, record in enumerate(records(frame, project.columns)) if record == project.example)
    (own,) = predictor.predict([[project.example]], 60)
    assert own is not None
    assert from_json(own[0])["prediction"] == pipeline.predict(case.inputs(frame.iloc[[row]])).tolist()[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_without_data_the_example_is_made_up_and_predicted(case: Case, tmp_path: Path) -> None:
    frame, _ = read_frame(training_file(case.data, tmp_path / "data"))
    pipeline = case.fitted(frame)
    answer = scaffold(tmp_path / "project", pipeline)
    check_source(tmp_path / "project" / "validation.py")
    assert disagreements(tmp_path / "project") == []
    project = Project.load(tmp_path / "project")
    assert predictor_of(project, pipeline).predict([[project.example]], 60)
    if "iris" not in case.data and "array" not in str(answer):
        assert answer["marks"], "what is guessed is said"
