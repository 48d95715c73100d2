"""Training data that are honest and odd: texts that look like gaps, huge whole numbers, a column without a name."""

import math
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from commands.scaffold.bounds import middle, near, widened, widened_whole
from commands.scaffold.literals import literal
from commands.scaffold.names import ordinal
from commands.scaffold.reading import read_frame
from serving.errors import ServingError
from serving.project import Project
from tests.scaffold.making import check_source, disagreements, predictor_of, scaffold
from tests.scaffold.test_data import ANSWER, ROWS, csv, lines_of

NUMBER = np.arange(ROWS) / 7
LAST = 2**63 - 1


def encoded(column: str, encoder: Any) -> Pipeline:
    columns = make_column_transformer((encoder, [column]), remainder="passthrough")
    return make_pipeline(columns, LogisticRegression())


def made(folder: Path, pipeline: Pipeline, data: Path) -> Project:
    """The project of a Pipeline that takes every row of its data."""
    answer = scaffold(folder, pipeline, data)
    assert answer["passed"] == answer["rows"] == ROWS, answer["notes"]
    check_source(folder / "validation.py")
    assert disagreements(folder) == []
    return Project.load(folder)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_categories_that_pandas_takes_for_gaps_are_choices(encoder: Any, tmp_path: Path) -> None:
    words = ["NA", "None", "nan", "null", "", "N/A"]
    frame = pd.DataFrame({"c": words * (ROWS // len(words)), "b": NUMBER})
    pipeline = encoded("c", encoder).fit(frame, ANSWER)
    project = made(tmp_path / "project", pipeline, csv(tmp_path, frame))
    choices = 'c: Literal["", "N/A", "NA", "None", "nan", "null"] = Field('
    assert lines_of(tmp_path / "project")["c"].startswith(choices)
    (answers,) = predictor_of(project, pipeline).predict([[{"c": word, "b": 1.0} for word in words]], 30)
    assert answers is not None
    assert all(isinstance(answer, bytes) for answer in answers)


def test_a_gap_beside_such_a_category_stays_a_gap(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": ["NA", "x", None] * (ROWS // 3), "b": np.where(ANSWER == 0, np.nan, 1.5)}, dtype=object)
    frame["b"] = frame.b.astype(float)
    columns = make_column_transformer((OneHotEncoder(), ["c"]), (SimpleImputer(), ["b"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, ANSWER)
    project = made(tmp_path / "project", pipeline, csv(tmp_path, frame, sep=";"))
    assert lines_of(tmp_path / "project")["c"].startswith('c: Literal["NA", "x"] | None = Field(None, ')
    assert lines_of(tmp_path / "project")["b"].startswith("b: float | None = Field(None, ")
    assert project.example == {"c": "x", "b": 1.5}


def test_such_words_are_gaps_where_no_category_has_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": ["x", "y", np.nan] * (ROWS // 3), "n": np.where(ANSWER == 0, np.nan, 2.5)})
    fill = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    columns = make_column_transformer((fill, ["c"]), (SimpleImputer(), ["n"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, ANSWER)
    made(tmp_path / "project", pipeline, csv(tmp_path, frame, na_rep="NA"))
    assert lines_of(tmp_path / "project")["c"].startswith('c: Literal["x", "y"] | None = Field(None, ')
    assert lines_of(tmp_path / "project")["n"].startswith("n: float | None = Field(None, ")


def test_such_categories_are_found_by_place_and_without_a_header(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": NUMBER, "c": ["None", "x"] * (ROWS // 2)})
    array = frame.to_numpy(dtype=object)
    columns = make_column_transformer((OneHotEncoder(), [1]), remainder="passthrough")
    pipeline = make_pipeline(columns, DummyClassifier()).fit(array, ANSWER)
    made(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert lines_of(tmp_path / "project")["c"].startswith('c: Literal["None", "x"] = Field(')
    frame = pd.DataFrame({0: NUMBER, 1: ["nan", "1"] * (ROWS // 2)})
    pipeline = make_pipeline(columns, DummyClassifier()).fit(frame.to_numpy(dtype=object), ANSWER)
    made(tmp_path / "bare", pipeline, csv(tmp_path, frame[::-1], "bare.csv", header=False))
    assert 'Literal["1", "nan"]' in lines_of(tmp_path / "bare")["x1"]


def test_a_text_may_be_any_word(tmp_path: Path) -> None:
    texts = ["null and void", "NA", "None", "good morning"] * (ROWS // 4)
    frame = pd.DataFrame({"text": texts, "kind": ["ham", "spam"] * (ROWS // 2)})
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression()).fit(frame.text, frame.kind)
    made(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert lines_of(tmp_path / "project")["text"].startswith("text: str = Field(")


def test_only_what_is_kept_is_read_otherwise(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["NA", "x", "", "null"], "b": ["NA", "y", "", "null"], "n": [1.5, np.nan, 2, 3]})
    found, _ = read_frame(csv(tmp_path, frame), kept={"a": {"NA", "x"}})
    assert found.a.fillna("a gap").tolist() == ["NA", "x", "a gap", "a gap"]
    assert found.b.fillna("a gap").tolist() == ["a gap", "y", "a gap", "a gap"]
    assert found.n.dtype == np.float64


def test_a_header_may_be_such_a_word(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("nan\n1\n2\n")
    (tmp_path / "two.csv").write_text("NA\n1\n2\n")
    assert list(read_frame(tmp_path / "one.csv")[0]) == ["nan"]
    assert list(read_frame(tmp_path / "two.csv")[0]) == ["NA"]


def test_the_example_is_a_row_whose_categories_the_model_knows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": ["new", "x", "y"] * (ROWS // 3), "b": NUMBER})
    known = frame[frame.c != "new"]
    pipeline = encoded("c", OneHotEncoder()).fit(known, ANSWER[known.index])
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert (answer["rows"], answer["passed"]) == (ROWS, len(known))
    assert Project.load(tmp_path / "project").example == {"c": "x", "b": pytest.approx(1 / 7)}


def test_an_example_is_put_together_where_no_row_is_whole(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": ["new"] * ROWS, "b": NUMBER})
    trained = frame.assign(c=["x", "y"] * (ROWS // 2))
    pipeline = encoded("c", OneHotEncoder()).fit(trained, ANSWER)
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert answer["passed"] == 0
    assert answer["notes"] == ["A row of the data is refused: c: Input should be 'x' or 'y'."]
    assert Project.load(tmp_path / "project").example == {"c": "x", "b": 0}


def test_whole_numbers_near_two_to_the_63_have_bounds_that_fit(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "a": np.arange(10**17, 10**17 + ROWS),
            "id": [LAST - place for place in range(ROWS)],
            "low": [-(2**63) + place for place in range(ROWS)],
        }
    )
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, ANSWER)
    project = made(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert project.json_schema["properties"]["id"]["maximum"] == LAST
    assert project.json_schema["properties"]["low"]["minimum"] == -(2**63)
    assert project.one.validate_python({**project.example, "id": LAST})


@pytest.mark.parametrize("largest", [2**64 - 1, 2**70])
def test_whole_numbers_beyond_that_are_floats(largest: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [largest - place for place in range(ROWS)], "b": NUMBER})
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame.astype(float), ANSWER)
    made(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert lines_of(tmp_path / "project")["id"].startswith("id: float = Field(")


def test_large_categories_are_choices_or_have_bounds(tmp_path: Path) -> None:
    for count in (2, ROWS):
        frame = pd.DataFrame({"id": [LAST - place % count for place in range(ROWS)], "b": NUMBER})
        pipeline = encoded("id", OneHotEncoder(handle_unknown="ignore")).fit(frame, ANSWER)
        project = made(tmp_path / f"of-{count}", pipeline, csv(tmp_path, frame))
        assert project.one.validate_python({**project.example, "id": LAST})


ENDS = [0.0, 5e-324, 1e-310, 1e-300, 1.0, LAST, 2.0**63, 1e300, 1.7976931348623157e308]


@pytest.mark.parametrize(("low", "high"), [*combinations_with_replacement(sorted([-end for end in ENDS] + ENDS), 2)])
def test_bounds_hold_every_number_that_a_float_can_be(low: float, high: float) -> None:
    start, end = widened(low, high)
    assert start <= low <= high <= end
    assert math.isfinite(start)
    assert math.isfinite(end)
    assert (float(literal(start)), float(literal(end))) == (start, end)
    assert start <= middle(start, end) <= end
    assert start <= near(high, start, end) <= end


@pytest.mark.parametrize("ends", [(LAST - 60, LAST), (-(2**63), LAST), (-(2**63), -(2**63)), (2**53 + 1, 2**53 + 1)])
def test_bounds_of_whole_numbers_are_whole_and_exact(ends: tuple[int, int]) -> None:
    start, end = widened_whole(*ends)
    assert isinstance(start, int)
    assert isinstance(end, int)
    assert -(2**63) <= start <= ends[0] <= ends[1] <= end <= LAST
    assert int(literal(end)) == end


@pytest.mark.parametrize(
    ("names", "place"), [(["a", "b", ""], "3rd"), (["", "b", "c"], "1st"), (["a", " ", "c"], "2nd")]
)
def test_a_column_without_a_name_is_refused(names: list[str], place: str, tmp_path: Path) -> None:
    frame = pd.DataFrame([[1.0, 2.0, float(number)] for number in range(ROWS)], columns=names)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, ANSWER)
    said = f"The model was fitted with a column without a name, the {place}: give it one"
    for data in (None, csv(tmp_path, frame)):
        with pytest.raises(ServingError, match=said):
            scaffold(tmp_path / "project", pipeline, data)
    data = tmp_path / "rows.jsonl"
    frame.to_json(data, orient="records", lines=True)
    unnamed = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame.to_numpy(), ANSWER)
    with pytest.raises(ServingError, match=rf"rows.jsonl has a column without a name, the {place}: give it one"):
        scaffold(tmp_path / "project", unnamed, data)
    assert not (tmp_path / "project").exists()


def test_an_empty_header_is_no_name_where_the_model_was_fitted_without_any(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(
        "a,,y\n" + "".join(f"{place},{place / 7},{place % 2}\n" for place in range(ROWS))
    )
    frame, _ = read_frame(tmp_path / "train.csv")
    array = frame.iloc[:, :2]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(array.to_numpy(), ANSWER)
    with pytest.raises(ServingError, match=r"train.csv has a column without a name, the 2nd: give it one"):
        scaffold(tmp_path / "project", pipeline, tmp_path / "train.csv")
    made(tmp_path / "named", pipeline.fit(array, ANSWER), tmp_path / "train.csv")
    assert [ordinal(place) for place in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]


class Stubborn(StandardScaler):
    """Names the file that it was loaded beside, as any code of the user's may."""

    def transform(self, X: Any, copy: Any = None) -> Any:
        import validation

        raise ValueError(f"nothing at {validation.__file__}.")


def test_what_fails_on_the_way_names_no_temporary_folder(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": NUMBER})
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, ANSWER)
    pipeline.steps[0] = ("stubborn", Stubborn().fit(frame))
    with pytest.raises(ServingError) as refusal:
        scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert str(refusal.value) == "The model can't predict a row of the data: ValueError: nothing at [path]."
    with pytest.raises(ServingError) as refusal:
        scaffold(tmp_path / "project", pipeline)
    said = "The model can't predict a record that was made up: ValueError: nothing at [path]."
    assert str(refusal.value) == f"{said} Add --data TRAIN.csv."
