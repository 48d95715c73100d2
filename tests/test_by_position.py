"""What takes its columns by position gives what it gives for a DataFrame, to the bit; what might not is let be."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
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
from tests.shapes import KINDS, NUMBERS, ROWS, SCHEMA, TEXTS, WHOLE, columns_of, frame, records, transformer
from worker.by_position import by_position, same
from worker.columns import Kind
from worker.frame import Frame


class Own(StandardScaler):  # type: ignore[misc]  # scikit-learn is untyped
    """Somebody's own."""


class Named(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Wants names."""

    def fit(self, X: Any, y: Any = None) -> "Named":
        return self

    def transform(self, X: Any) -> Any:
        return X[["size"]].to_numpy()


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
    [(make_pipeline(make_pipeline(FILLED[0], "passthrough"), "passthrough", StandardScaler()), NUMBERS)],
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.load(write_project(tmp_path_factory.mktemp("project"), SCHEMA))


@pytest.mark.parametrize("parts", GOOD)
@pytest.mark.parametrize("options", [{}, {"sparse_threshold": 0}])
@pytest.mark.parametrize("count", [1, 2, 77])
def test_an_array_gives_what_a_dataframe_gives(project: Project, parts: list[Any], options: Any, count: int) -> None:
    given = transformer(parts, **options)
    here = Frame(project, given)
    found = by_position(given, columns_of(here))
    assert found is not None
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
    found = by_position(given, columns_of(Frame(project, given)))
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
        [(StandardScaler(copy=False), ["size", "age"])],
        [(make_pipeline(SimpleImputer(copy=False), StandardScaler()), ["size", "age"])],
        [(StandardScaler().set_output(transform="pandas"), ["size"])],
        [(make_pipeline(StandardScaler()).set_output(transform="pandas"), ["size"])],
    ],
)
def test_what_might_differ_is_let_be(project: Project, parts: list[Any]) -> None:
    given = transformer([*parts, (StandardScaler(), ["weight"])], WHOLE)
    assert by_position(given, columns_of(Frame(project, given))) is None


def test_so_is_another_way_to_choose_columns_and_what_remains() -> None:
    kinds = {**KINDS, "wet": Kind.BOOL}
    assert by_position(transformer([(StandardScaler(), ["size"])], remainder="passthrough"), kinds) is None
    assert by_position(transformer([(StandardScaler(), ["size"])], transformer_weights={"part0": 2}), kinds) is None
    assert by_position(transformer([("drop", ["size"])]), kinds) is None
    assert by_position(transformer([(StandardScaler(), ["size"])]).set_output(transform="pandas"), kinds) is None
    assert by_position(StandardScaler().fit(frame(WHOLE)[["size"]]), kinds) is None
    kinds = {name: kinds[name] for name in ROWS[0]}
    without_names = ColumnTransformer([("a", StandardScaler(), [0])]).fit(np.zeros((3, 2)))
    assert by_position(without_names, kinds) is None
    with sklearn.config_context(transform_output="pandas"):
        assert by_position(transformer([(StandardScaler(), ["size"])]), kinds) is None
    good = transformer([(StandardScaler(), ["size"])])
    assert by_position(good, kinds) is not None
    assert by_position(good, dict(reversed(kinds.items()))) is None, "its columns stand in another order"
    assert by_position(good, {**kinds, "wet": Kind.DATE}) is None, "a DataFrame would have to take the date, too"


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
    assert columns_of(Frame(project, transformer(GOOD[0]))) == {**KINDS, "wet": Kind.BOOL}
