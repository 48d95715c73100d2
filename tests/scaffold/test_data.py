"""What is made of training data: types, choices, gaps, targets, files of every format, and data that do not fit."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from commands.scaffold.bounds import longest, near, widened, widened_whole
from commands.scaffold.reading import read_frame
from serving.errors import ServingError
from serving.project import Project
from tests.making import function_of
from tests.scaffold.making import check_source, disagreements, scaffold

ROWS = 60
ANSWER = np.arange(ROWS) % 2


def csv(folder: Path, frame: pd.DataFrame, name: str = "train.csv", **options: Any) -> Path:
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def lines_of(project: Path) -> dict[str, str]:
    """The first line of each field."""
    lines = [line.strip() for line in (project / "validation.py").read_text().splitlines()]
    return {line.split(":")[0]: line for line in lines if " = Field(" in line}


def test_types_are_those_of_the_data(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": np.arange(ROWS),
            "real": np.linspace(-1, 1, ROWS),
            "flag": np.arange(ROWS) % 3 == 0,
            "gap": np.where(np.arange(ROWS) % 5 == 0, np.nan, 1.5),
            "few": ["a", "b"] * (ROWS // 2),
            "many": [f"text {place}" for place in range(ROWS)],
            "day": pd.date_range("2026-01-01", periods=ROWS).strftime("%Y-%m-%d"),
        }
    )
    modules = tmp_path / "project"
    modules.mkdir()
    (modules / "plain_features.py").write_text(
        '"""Features."""\n\n\ndef plain(frame):\n    return frame[["real", "whole"]].assign(day=frame["day"].dt.day)\n'
    )
    features = FunctionTransformer(function_of(modules, "plain_features", "plain"))
    trained = frame.assign(day=pd.to_datetime(frame.day))
    pipeline = make_pipeline(features, LogisticRegression()).fit(trained, ANSWER)
    answer = scaffold(modules, pipeline, csv(tmp_path, frame))
    assert answer["passed"] == answer["rows"] == ROWS, answer["notes"]
    check_source(modules / "validation.py")
    lines = lines_of(modules)
    assert lines["whole"] == 'whole: int = Field(title="Whole", ge=0, le=80, examples=[1])'
    assert lines["real"].startswith('real: float = Field(title="Real", ge=-1.6, le=1.6, examples=[-0.96')
    assert lines["flag"] == 'flag: bool = Field(title="Flag", examples=[False])'
    assert lines["gap"] == 'gap: float | None = Field(None, title="Gap", ge=1, le=2, examples=[1.5])'
    assert lines["few"].startswith('few: Literal["a", "b"] = Field(title="Few", examples=["b"])  # check: choices are')
    assert lines["many"] == 'many: str = Field(title="Many", max_length=20, examples=["text 1"])'
    assert lines["day"] == 'day: date = Field(title="Day", examples=["2026-01-02"])'


def lengths(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["day"]].apply(lambda texts: texts.str.len())


def test_texts_that_look_like_dates_and_are_none_stay_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"day": ["2026-02-30", "2026-13-01"] * (ROWS // 2)})
    pipeline = make_pipeline(FunctionTransformer(lengths), LogisticRegression()).fit(frame, ANSWER)
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert answer["passed"] == answer["rows"] == ROWS
    assert lines_of(tmp_path / "project")["day"].startswith('day: Literal["2026-02-30", "2026-13-01"] = Field(')


def test_gaps_that_the_model_does_not_take_are_not_offered(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.where(np.arange(ROWS) % 5 == 0, np.nan, 1.5), "b": np.arange(ROWS)})
    complete = frame.dropna()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(complete, ANSWER[complete.index])
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert answer["marks"] == {"the data have gaps, and the model takes none": ["a"]}
    assert lines_of(tmp_path / "project")["a"].startswith("a: float = Field(title=")
    assert (answer["rows"], answer["passed"]) == (ROWS, len(complete))
    assert answer["notes"] == ["A row of the data is refused: a: Input should be a valid number."]
    assert disagreements(tmp_path / "project") == []


def test_a_column_without_gaps_is_asked_for_although_an_imputer_would_fill_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"whole": np.arange(ROWS) / 2, "torn": np.where(np.arange(ROWS) % 5 == 0, np.nan, 1.5)})
    pipeline = make_pipeline(SimpleImputer(), LogisticRegression()).fit(frame, ANSWER)
    scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    lines = lines_of(tmp_path / "project")
    assert lines["whole"].startswith("whole: float = Field(title=")
    assert lines["torn"].startswith("torn: float | None = Field(None, title=")


def test_values_that_only_the_data_have_are_offered_where_the_model_takes_others(tmp_path: Path) -> None:
    frame = pd.DataFrame({"colour": ["red", "green", "blue"] * 20})
    seen = frame.replace("green", "red")
    for encoder, literal in (
        (OneHotEncoder(handle_unknown="ignore"), 'Literal["blue", "green", "red"]'),
        (OneHotEncoder(), 'Literal["blue", "red"]'),
    ):
        pipeline = make_pipeline(encoder, LogisticRegression()).fit(seen, ANSWER)
        scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
        assert literal in lines_of(tmp_path / "project")["colour"]


def test_the_word_for_a_gap_is_offered_where_the_data_have_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"colour": ["red", "unknown", "blue", np.nan] * 15}, dtype=object)
    fill = SimpleImputer(strategy="constant", fill_value="unknown")
    pipeline = make_pipeline(fill, OneHotEncoder(), LogisticRegression()).fit(frame, ANSWER)
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert answer["passed"] == answer["rows"]
    assert 'Literal["blue", "red", "unknown"] | None' in lines_of(tmp_path / "project")["colour"]


def test_numbers_among_which_a_few_texts_stand_have_gaps_there(tmp_path: Path) -> None:
    frame = pd.DataFrame({"total": [str(place) for place in range(ROWS - 1)] + ["none?"]})
    numbers = pd.to_numeric(frame.total, errors="coerce").to_frame()
    pipeline = make_pipeline(SimpleImputer(), LinearRegression()).fit(numbers, ANSWER)
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert answer["notes"] == ["total has 1 values that are no numbers: they are taken for gaps."]
    frame["total"] = "many"
    with pytest.raises(ServingError, match=r"train.csv has texts in total, and the model was fitted with numbers"):
        scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))


def test_columns_without_names_are_taken_by_place_without_the_target(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ANSWER, "a": np.arange(ROWS), "b": np.arange(ROWS) / 7, "note": "text"})
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(frame[["a", "b"]].to_numpy(), frame.y)
    answer = scaffold(tmp_path / "one", pipeline, csv(tmp_path, frame), target="y")
    assert Project.load(tmp_path / "one").columns == ("a", "b")
    assert "a, b" in answer["notes"][-1]
    answer = scaffold(tmp_path / "two", pipeline, csv(tmp_path, frame[["a", "b", "y"]]))
    assert Project.load(tmp_path / "two").columns == ("a", "b")
    assert answer["notes"][0] == "y is taken for the target: --target names another."
    assert "units: y" in (tmp_path / "two" / "form.yml").read_text()
    with pytest.raises(ServingError, match=r"fitted on 2 columns without names, and train.csv has 1"):
        scaffold(tmp_path / "three", pipeline, csv(tmp_path, frame[["a"]]))
    (tmp_path / "bare.csv").write_text("".join(f"{place},{place / 7},1\n" for place in range(ROWS)))
    scaffold(tmp_path / "four", pipeline, tmp_path / "bare.csv")
    assert Project.load(tmp_path / "four").columns == ("x0", "x1")


def test_the_text_column_can_be_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"short": "one word", "long": "several more words", "kind": ["ham", "spam"] * (ROWS // 2)})
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression()).fit(frame.short, frame.kind)
    data = csv(tmp_path, frame)
    answer = scaffold(tmp_path / "one", pipeline, data)
    assert answer["notes"] == ["long is taken for the text, not short: --text names another."]
    scaffold(tmp_path / "two", pipeline, data, text="short")
    assert Project.load(tmp_path / "two").columns == ("short",)
    with pytest.raises(ServingError, match=r"--text body: train.csv has no such column. It has short, long, kind"):
        scaffold(tmp_path / "three", pipeline, data, text="body")


def test_infinity_is_said_to_be_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [*np.arange(ROWS - 1.0), np.inf]})
    pipeline = make_pipeline(DummyClassifier()).fit(frame.replace(np.inf, 0), ANSWER)
    answer = scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame))
    assert "JSON has no infinity: the rows with one in a are refused." in answer["notes"]
    assert "le=80" in lines_of(tmp_path / "project")["a"]


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2], "t": ["a;b", "größe"], "l": [["x"], ["y", "z"]]})
    plain = frame[["n", "t"]]
    plain.to_csv(tmp_path / "a.csv", index=False)
    plain.to_csv(tmp_path / "b.csv.gz", index=False, sep=";")
    plain.to_csv(tmp_path / "c.tsv", index=False, sep="\t", encoding="latin-1")
    for name in ("a.csv", "b.csv.gz", "c.tsv"):
        found, notes = read_frame(tmp_path / name)
        assert found.to_dict("list") == plain.to_dict("list"), name
        assert bool(notes) is (name == "c.tsv")
    frame.to_json(tmp_path / "d.json", orient="records")
    frame.to_json(tmp_path / "e.jsonl", orient="records", lines=True)
    (tmp_path / "f.json.gz").write_bytes(gzip.compress((tmp_path / "d.json").read_bytes()))
    for name in ("d.json", "e.jsonl", "f.json.gz"):
        found, _ = read_frame(tmp_path / name)
        assert found.to_dict("list") == frame.to_dict("list"), name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "a,b\n", "has no rows"),
        ("a.csv", "", "can't be read as csv: No columns to parse"),
        ("a.xlsx", "x", "none of .csv"),
        ("model.pkl", "x", "none of .csv"),
        ("a.json", "{", "can't be read as json"),
        ("a.csv.gz", "no gzip", "can't be read as csv"),
        ("a.parquet", "no parquet", "a.parquet"),
    ],
)
def test_data_that_can_not_be_read_are_refused_in_a_sentence(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ServingError, match=message):
        read_frame(tmp_path / name)


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(ROWS), "b": ["x", "y"] * (ROWS // 2)})
    columns = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, ANSWER)
    with pytest.raises(ServingError, match=r"train.csv lacks the column b of the model. It has a, B:"):
        scaffold(tmp_path / "project", pipeline, csv(tmp_path, frame.rename(columns={"b": "B"})))
    assert not (tmp_path / "project").exists()


def test_bounds_are_round_and_leave_room() -> None:
    ranges = [(4.3, 7.9), (0.42, 80), (0, 512.3), (-1, 1), (0.00001, 0.00009), (5, 5), (0, 0), (0.2, 1), (-5, 100)]
    assert [widened(*ends) for ends in ranges] == [
        (3, 9),
        (0, 100),
        (0, 700),
        (-1.6, 1.6),
        (0, 0.00012),
        (3.5, 6.5),
        (0, 0.3),
        (0, 1),
        (-40, 140),
    ]
    assert [widened_whole(*ends) for ends in [(0, 1), (1, 16), (17, 90), (1, 3)]] == [
        (0, 1),
        (0, 20),
        (0, 110),
        (0, 4),
    ]
    assert [longest(length) for length in (0, 7, 82, 910)] == [20, 20, 200, 2000]
    assert (near(29.69911, 0, 100), near(0.0, -1, 1)) == (29.7, 0)
