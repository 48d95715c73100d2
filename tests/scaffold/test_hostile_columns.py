"""Names and categories that Python, pydantic or a formatter would stumble over still make a clean, working schema."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from commands.scaffold.names import field_names, service_name, title_of
from serving.project import Project
from tests.scaffold.making import check_source, disagreements, predictor_of, scaffold

NAMES = [
    *("class", "2nd floor", "model_id", "model_config", "schema", "json", "copy", "dict", "validate", "construct"),
    *("sepal length (cm)", "größe", "a-b", "a b", "a_b", "__x", "_", "x", "l", "I", "mixedCase", "UPPER", "年龄"),
    *("date", "datetime", "int", "float", "str", "list", "bool", "Literal", "Field", "BaseModel", "PredictionData"),
    *("None", "True", "match", "type", "id", "self", "cls", "ﬁ", "naïve", "\N{ZERO WIDTH SPACE}", "\N{GRINNING FACE}"),
    *('it\'s "quoted"', "back\\slash\\", "two\nlines", "tab\t", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "x" * 41, "X Y Z"),
    *("the quick brown fox jumps over the lazy dog " * 5, "y" * 150, "'\"\\\n" * 30, "fields", "Unnamed: 0", "(kg)"),
]
ROWS = 30


def numbers(names: list[str]) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame({name: random.normal(size=ROWS).round(3) for name in names})


@pytest.mark.parametrize("with_data", [True, False])
def test_every_column_name_becomes_a_field(with_data: bool, tmp_path: Path) -> None:
    frame = numbers(NAMES)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, np.arange(ROWS) % 2)
    data = tmp_path / "rows.jsonl"
    frame.to_json(data, orient="records", lines=True)
    answer = scaffold(tmp_path / "project", pipeline, data if with_data else None)
    assert answer["passed"] == answer["rows"] == (ROWS if with_data else 0)
    check_source(tmp_path / "project" / "validation.py")
    assert disagreements(tmp_path / "project") == []
    project = Project.load(tmp_path / "project")
    assert list(project.columns) == NAMES
    predictor_of(project, pipeline)


def test_two_hundred_columns_keep_their_order(tmp_path: Path) -> None:
    frame = numbers([f"column {place}" for place in range(200)])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, np.arange(ROWS) % 2)
    scaffold(tmp_path / "project", pipeline)
    check_source(tmp_path / "project" / "validation.py")
    assert list(Project.load(tmp_path / "project").columns) == list(frame)


TEXTS = ["it's", 'say "no"', "both ' and \"", "back\\slash", "two\nlines", "\N{RIGHT-TO-LEFT OVERRIDE}x", "🙂", "", " "]
CATEGORIES: dict[str, list[Any]] = {
    "quotes": TEXTS,
    "with None": ["a", "b", None],
    "with NaN": ["a", "b", float("nan")],
    "ints": [3, 1, 2],
    "negative ints": [-1, 0, 99_999],
    "floats": [0.5, 1.5, 2.25],
    "whole floats with NaN": [1.0, 2.0, float("nan")],
    "booleans": [True, False],
    "500": [f"category {place}" for place in range(500)],
    "50 ints": list(range(1000, 1050)),
    "long": ["word " * 40 + str(place) for place in range(3)] + ["x" * 300],
    "one": ["only"],
    "date-like": ["2026-01-01", "2026-02-01"],
}


@pytest.mark.parametrize(("encoder", "with_data"), [(OneHotEncoder, True), (OrdinalEncoder, False)])
@pytest.mark.parametrize("values", CATEGORIES.values(), ids=CATEGORIES)
def test_the_encoders_categories_are_the_choices(
    encoder: Any, values: list[Any], with_data: bool, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"kind": values * (1 + ROWS // len(values)), "size": 1.5})
    if any(value is None for value in values):
        frame["kind"] = pd.Series(values * (1 + ROWS // len(values)), dtype=object)
    columns = make_column_transformer((encoder(), ["kind"]), remainder=StandardScaler())
    pipeline = make_pipeline(columns, DummyClassifier()).fit(frame, np.arange(len(frame)) % 2)
    data = tmp_path / "rows.jsonl"
    frame.to_json(data, orient="records", lines=True)
    answer = scaffold(tmp_path / "project", pipeline, data if with_data else None)
    assert answer["passed"] == answer["rows"], answer["notes"]
    check_source(tmp_path / "project" / "validation.py")
    assert disagreements(tmp_path / "project") == []
    project = Project.load(tmp_path / "project")
    predictor = predictor_of(project, pipeline)
    sent = [None if value is None or value != value else value for value in values]
    records = [project.one.validate_python({**project.example, "kind": value}) for value in sent]
    (answers,) = predictor.predict([[record.model_dump(by_alias=True) for record in records]], 30)
    assert answers is not None
    assert all(isinstance(answer, bytes) for answer in answers), answers


def test_names_are_unique_and_those_that_can_be_stay() -> None:
    found = field_names(
        ["a b", "a-b", "a_b", "Pclass", "class", "sepal length (cm)", "hours-per-week", "größe", "model_id"]
    )
    assert found == [
        "a_b_2",
        "a_b_3",
        "a_b",
        "Pclass",
        "class_",
        "sepal_length",
        "hours_per_week",
        "grosse",
        "column_model_id",
    ]


def test_titles_are_for_people_and_units_are_told_apart() -> None:
    columns = ["sepal length (cm)", "capital-gain", "PassengerId", "CRIM", "weight [kg]", "", "x" * 99]
    found = [title_of(column, 5) for column in columns]
    assert found[:5] == [
        ("Sepal length", "cm"),
        ("Capital gain", None),
        ("Passenger id", None),
        ("CRIM", None),
        ("Weight", "kg"),
    ]
    assert found[5] == ("Column 6", None)
    assert len(found[6][0]) == 60


def test_a_folder_gives_the_service_its_name() -> None:
    names = ["Titanic 2", "2nd", "größe", "---", "x" * 60]
    assert [service_name(name) for name in names] == ["titanic-2", "model-2nd", "grosse", "model", "x" * 40]
