"""A Predictor that gives columns by position answers as the Pipeline does, and tells of errors as it would."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

from serving.project import Project
from tests.making import write_project
from tests.shapes import NUMBERS, ROWS, SCHEMA, TEXTS, WHOLE, Y, frame, records, rng
from worker.frame import Frame
from worker.predictor import Predictor


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.load(write_project(tmp_path_factory.mktemp("project"), SCHEMA))


def predictor(project: Project, pipeline: Any) -> Predictor:
    return Predictor(project, pipeline, batch_rows=1000, memory=4096, seconds=30)


@pytest.mark.parametrize(
    "last", [LogisticRegression(max_iter=50), LinearRegression(), RandomForestRegressor(n_estimators=5, random_state=1)]
)
def test_a_prediction_is_the_same_either_way(project: Project, last: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
        (OneHotEncoder(handle_unknown="ignore"), TEXTS),
    ]
    first = ColumnTransformer([(str(place), *part) for place, part in enumerate(parts)])
    y = Y if isinstance(last, LogisticRegression) else np.arange(200.0)
    pipeline = make_pipeline(first, last).fit(frame(ROWS), y)
    builds: list[int] = []
    build = Frame.build
    monkeypatch.setattr(Frame, "build", lambda own, columns, count: builds.append(count) or build(own, columns, count))  # type: ignore[func-returns-value]
    ours = predictor(project, pipeline)
    builds.clear()
    groups = [[row] for row in records(50)]
    by_array = ours.predict(groups, 30)
    assert builds == []
    expected = pipeline.predict(frame([row for group in groups for row in group])).tolist()
    answered = [
        bytes(answer) for found in by_array if found is not None for answer in found if isinstance(answer, bytes)
    ]
    assert [answer.startswith(_said(value)) for answer, value in zip(answered, expected, strict=True)] == [True] * 50
    monkeypatch.setattr("worker.predictor.by_position", lambda *_: None)
    assert predictor(project, pipeline).predict(groups, 30) == by_array
    assert builds


def _said(value: Any) -> bytes:
    return (
        b'{"prediction":"%b"' % value.encode() if isinstance(value, str) else b'{"prediction":%b' % repr(value).encode()
    )


def test_what_an_array_does_not_bear_is_told_as_of_a_dataframe(project: Project) -> None:
    given = ColumnTransformer([("a", StandardScaler(), NUMBERS), ("b", OneHotEncoder(), TEXTS)])
    pipeline = make_pipeline(given, LogisticRegression(max_iter=50)).fit(frame(WHOLE), Y)
    ((good,), (bad,)) = predictor(project, pipeline).predict([[WHOLE[0]], [{**WHOLE[0], "colour": "mauve"}]], 30)  # type: ignore[misc]
    assert isinstance(good, bytes)
    with pytest.raises(ValueError, match="unknown categor") as told:
        pipeline.predict(frame([{**WHOLE[0], "colour": "mauve"}]))
    assert not isinstance(bad, bytes)
    assert bad.message == f"ValueError: {told.value}".split("\n")[0]


def test_columns_that_the_pipeline_does_not_name_are_not_mixed_up(tmp_path: Path) -> None:
    project = Project.load(write_project(tmp_path, "a: float = Field(examples=[1])\nb: float = Field(examples=[1])"))
    rows = pd.DataFrame({"b": rng.normal(size=20), "a": rng.normal(size=20)})
    first = ColumnTransformer([("a", MaxAbsScaler(), ["a"]), ("b", MaxAbsScaler(), ["b"])])
    pipeline = Pipeline([("nothing", "passthrough"), ("first", first), ("last", LinearRegression())])
    pipeline.fit(rows, rows["b"])
    ((answer,),) = predictor(project, pipeline).predict([[{"a": 10.0, "b": 1.0}]], 30)  # type: ignore[misc]
    (expected,) = pipeline.predict(pd.DataFrame({"b": [1.0], "a": [10.0]})).tolist()
    assert answer == _said(expected) + b"}"


def test_what_the_last_step_raises_is_raised_once(project: Project) -> None:
    class Counted(LinearRegression):  # type: ignore[misc]
        calls = 0

        def predict(self, X: Any) -> Any:
            Counted.calls += 1
            if len(X) > 1:
                raise ValueError("one at a time")
            return super().predict(X)

    first = ColumnTransformer([("a", MaxAbsScaler(), ["size"])])
    pipeline = make_pipeline(first, Counted()).fit(frame(WHOLE), np.arange(200.0))
    told: list[None] = []
    ours = Predictor(
        project, pipeline, batch_rows=99, memory=4096, seconds=30, before_predict=lambda: told.append(None)
    )
    Counted.calls = 0
    told.clear()
    assert all(isinstance(answer, bytes) for (answer,) in ours.predict([[row] for row in WHOLE[:8]], 30))  # type: ignore[misc]
    assert Counted.calls == len(told)
