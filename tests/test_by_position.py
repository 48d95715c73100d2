"""What takes its columns by position gives what it gives for a DataFrame, to the bit; what might not is let be."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from serving.project import Project
from tests.making import write_project
from worker.by_position import by_position, same
from worker.columns import Kind
from worker.frame import Frame
from worker.predictor import Predictor

SCHEMA = "size: int; weight: float | None; age: int | None; colour: str; shape: str | None; wet: bool"
NUMBERS, TEXTS = ["size", "weight", "age"], ["colour", "shape"]
KINDS = {"size": Kind.INT, "weight": Kind.FLOAT, "age": Kind.FLOAT, "colour": Kind.OBJECT, "shape": Kind.OBJECT}
rng = np.random.default_rng(11)
Record = Mapping[str, Any]


class Own(StandardScaler):  # type: ignore[misc]  # scikit-learn is untyped
    """Somebody's own."""


class Named(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Wants names."""

    def fit(self, X: Any, y: Any = None) -> "Named":
        return self

    def transform(self, X: Any) -> Any:
        return X[["size"]].to_numpy()


def records(count: int, *, nulls: bool = True) -> list[dict[str, Any]]:
    def perhaps(value: Any) -> Any:
        return None if nulls and rng.random() < 0.2 else value

    return [
        {
            "size": int(rng.integers(-(2**60), 2**60)) if rng.random() < 0.1 else int(rng.integers(90)),
            "weight": perhaps(float(rng.normal() * 10.0 ** rng.integers(-9, 9))),
            "age": perhaps(int(rng.integers(99))),
            "colour": str(rng.choice(["red", "green", "blue", "", "None", "nan", "1"])),
            "shape": perhaps(str(rng.choice(["round", "square", "ünïcode"]))),
            "wet": bool(rng.integers(2)),
        }
        for _ in range(count)
    ]


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"weight": float, "age": float, "colour": object, "shape": object})


ROWS = records(200)
WHOLE = records(200, nulls=False)
Y = np.array(["yes", "no"])[rng.integers(2, size=200)]
FILLED = [SimpleImputer(), SimpleImputer(strategy="median", add_indicator=True)]
GIVEN = [SimpleImputer(strategy="most_frequent"), SimpleImputer(strategy="constant", fill_value="?")]
SCALERS = [StandardScaler(), MinMaxScaler(clip=True), MaxAbsScaler(), RobustScaler()]
ENCODERS = [
    OneHotEncoder(handle_unknown="ignore"),
    OneHotEncoder(sparse_output=False, drop="if_binary"),
    OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=30),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
]
GOOD = [
    *[[(scaler, NUMBERS), (encoder, TEXTS)] for scaler in SCALERS for encoder in ENCODERS[:1]],
    *[[(make_pipeline(FILLED[0], StandardScaler()), NUMBERS), (encoder, TEXTS)] for encoder in ENCODERS],
    [(FILLED[1], ["age", "size"]), (make_pipeline(GIVEN[0], ENCODERS[1]), ["shape"]), ("drop", ["wet"])],
    [(make_pipeline(GIVEN[1], ENCODERS[3]), ["shape", "colour"]), (MinMaxScaler(), ["weight"])],
    [(make_pipeline(FILLED[0], FunctionTransformer(np.arctan)), ["size"]), (ENCODERS[0], ["colour"])],
    [(OneHotEncoder(handle_unknown="ignore"), [3, 4]), (StandardScaler(), [0])],
]


def transformer(parts: list[Any], rows: list[dict[str, Any]] = ROWS, **options: Any) -> ColumnTransformer:
    named = [(f"part{place}", part, columns) for place, (part, columns) in enumerate(parts)]
    return ColumnTransformer(named, **options).fit(frame(rows))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.load(write_project(tmp_path_factory.mktemp("project"), SCHEMA))


def predictor(project: Project, pipeline: Any) -> Predictor:
    return Predictor(project, pipeline, batch_rows=1000, memory=4096, seconds=30)


@pytest.mark.parametrize("parts", GOOD)
@pytest.mark.parametrize("options", [{}, {"sparse_threshold": 0}])
@pytest.mark.parametrize("count", [1, 2, 77])
def test_an_array_gives_what_a_dataframe_gives(project: Project, parts: list[Any], options: Any, count: int) -> None:
    given = transformer(parts, **options)
    found = by_position(given, Frame(project, Pipeline([("first", given), ("last", LinearRegression())])).kinds)
    assert found is not None
    here = Frame(project, given)
    for nulls in (True, False):
        rows = [*records(count, nulls=nulls), {**ROWS[0], "colour": "never seen", "shape": "nor this"}]
        columns = {name: [row[name] for row in rows] for name in here.columns}
        by_name, here_too = (
            _tried(given, here.build(columns, len(rows))),
            _tried(found, here.matrix(columns, len(rows))),
        )
        assert isinstance(by_name, str) or same(by_name, here_too)
        assert not isinstance(by_name, str) or by_name == here_too


def _tried(transformer: Any, rows: Any) -> Any:
    try:
        return transformer.transform(rows)
    except ValueError as error:
        return str(error).split(" in column")[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("parts", GOOD[:7:3])
def test_nobody_misses_the_names(project: Project, parts: list[Any]) -> None:
    given = transformer(parts)
    found = by_position(given, Frame(project, given).kinds)
    assert found is not None
    found.transform(Frame(project, given).matrix({name: [ROWS[0][name]] for name in ROWS[0]}, 1))
    assert list(given.feature_names_in_) == list(ROWS[0]), "the Pipeline itself stays as it was"
    given.transform(frame(ROWS[:3]))


@pytest.mark.parametrize(
    "parts",
    [
        [(Own(), ["size"])],
        [(make_pipeline(Own()), ["size"])],
        [(Named(), NUMBERS)],
        [(FunctionTransformer(), NUMBERS)],
        [("passthrough", NUMBERS)],
        [(StandardScaler(), ["size", "wet"])],
        [(OneHotEncoder(), ["size"])],
        [(OneHotEncoder(), ["colour", "size"])],
        [(SimpleImputer(strategy="most_frequent"), ["size"])],
        [(SimpleImputer(strategy="constant"), ["age"])],
        [(TfidfVectorizer(), "colour")],
        [(StandardScaler(), slice(0, 2))],
        [(StandardScaler().set_output(transform="pandas"), ["size"])],
        [(make_pipeline(StandardScaler()).set_output(transform="pandas"), ["size"])],
    ],
)
def test_what_might_differ_is_let_be(project: Project, parts: list[Any]) -> None:
    given = transformer([*parts, (StandardScaler(), ["weight"])], WHOLE)
    assert by_position(given, Frame(project, given).kinds) is None


def test_so_is_another_way_to_choose_columns_and_what_remains() -> None:
    kinds = {**KINDS, "wet": Kind.BOOL}
    assert by_position(transformer([(StandardScaler(), ["size"])], remainder="passthrough"), kinds) is None
    assert by_position(transformer([(StandardScaler(), ["size"])]).set_output(transform="pandas"), kinds) is None
    assert by_position(StandardScaler().fit(frame(WHOLE)[["size"]]), kinds) is None
    without_names = ColumnTransformer([("a", StandardScaler(), [0])]).fit(np.zeros((3, 2)))
    assert by_position(without_names, kinds) is None
    with sklearn.config_context(transform_output="pandas"):
        assert by_position(transformer([(StandardScaler(), ["size"])]), kinds) is None
    assert by_position(transformer([(StandardScaler(), ["size"])]), kinds) is not None


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


def test_same_is_the_same_to_the_bit() -> None:
    one = np.array([[1.0, np.nan], [-0.0, 2.0]])
    assert same(one, one.copy())
    assert not same(one, one.astype("float32"))
    assert not same(one, np.asfortranarray(one))
    assert not same(one, np.abs(one))
    assert not same(one, one.ravel())
    assert not same(one, pd.DataFrame(one))
    assert not same(one.astype(object), one.astype(object))


def test_the_kinds_are_those_of_the_schema(project: Project) -> None:
    assert Frame(project, transformer(GOOD[0])).kinds == {**KINDS, "wet": Kind.BOOL}
