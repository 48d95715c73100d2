"""A row answers the same alone and among 1,000, whatever the Pipeline was fitted on."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from tests.making import Loop, function_of, make_loop, write_project

rng = np.random.default_rng(7)
ROWS = 1_000


def assert_same(one: Any, other: Any) -> None:
    """Equal, numbers to 1e-9."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9)
    else:
        assert one == other


def assert_rows_are_independent(loop: Loop, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Predict all together and a dozen alone, all through the queue; returns the results."""
    try:
        together = loop.ask(records)
        assert len(together) == len(records)
        for index in [*range(6), *range(len(records) - 6, len(records))]:
            assert_same(loop.ask(records[index]), together[index])
        assert not [row for row in together if "error" in row]
        return together  # type: ignore[no-any-return]
    finally:
        loop.close()


def mixed_frame(marker: Any) -> pd.DataFrame:
    """Numbers and categories with gaps; `marker` is what a missing category is."""
    frame = pd.DataFrame(
        {
            "age": rng.integers(1, 80, ROWS).astype(float),
            "fare": rng.normal(30, 10, ROWS),
            "rooms": rng.integers(1, 6, ROWS),
            "port": rng.choice(["S", "C", "Q"], ROWS).astype(object),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame["port"] = pd.Series([marker if i % 5 == 0 else v for i, v in enumerate(frame["port"])], dtype=object)
    return frame


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): None if v is None or v != v else v for k, v in row.items()} for row in frame.to_dict("records")]


MIXED = """
age: float | None
fare: float
rooms: int
port: Literal["S", "C", "Q"] | None
"""


@pytest.mark.parametrize("marker", [None, np.nan], ids=["None", "NaN"])
@pytest.mark.parametrize("imputed", [True, False], ids=["imputer", "encoder"])
def test_nulls_in_numbers_and_categories(tmp_path: Path, marker: Any, imputed: bool) -> None:
    frame = mixed_frame(marker)
    target = np.where((frame["fare"] > 30) | frame["age"].isna() | frame["port"].isna(), "yes", "no")
    encoder = OneHotEncoder(handle_unknown="error")
    categories = (
        make_pipeline(SimpleImputer(missing_values=marker, strategy="most_frequent"), encoder) if imputed else encoder
    )
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age", "fare"]),
        (categories, ["port"]),
        ("passthrough", ["rooms"]),
    )
    pipeline = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(frame, target)
    results = assert_rows_are_independent(make_loop(tmp_path, MIXED, pipeline), records_of(frame))
    assert [row["prediction"] for row in results] == list(pipeline.predict(frame))
    expected = pipeline.predict_proba(frame)
    got = [[row["probabilities"][label] for label in pipeline.classes_] for row in results]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_a_column_that_is_all_null_in_one_request_keeps_its_dtype(tmp_path: Path) -> None:
    frame = mixed_frame(np.nan)
    pipeline = make_pipeline(
        make_column_transformer((SimpleImputer(), ["age", "fare"]), ("passthrough", ["rooms"])), LinearRegression()
    ).fit(frame, frame["fare"] * 2)
    loop = make_loop(tmp_path, MIXED, pipeline)
    record = {"age": None, "fare": 10.0, "rooms": 2, "port": None}
    assert_rows_are_independent(loop, [record] * ROWS)


def test_text_in_a_vectorizer_that_comes_first(tmp_path: Path) -> None:
    texts = pd.Series([f"win a prize {i % 9}" if i % 3 else f"see you at {i % 7} tonight" for i in range(ROWS)])
    labels = ["spam" if i % 3 else "ham" for i in range(ROWS)]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    results = assert_rows_are_independent(
        make_loop(tmp_path, "message: str", pipeline), [{"message": text} for text in texts]
    )
    assert [row["prediction"] for row in results] == list(pipeline.predict(texts))


def test_lists_of_strings(tmp_path: Path) -> None:
    modules = {"words.py": "def as_they_are(words):\n    return words\n"}
    project = write_project(tmp_path / "project", "ingredients: list[str]", modules)
    as_they_are = function_of(project, "words", "as_they_are")
    # Equal lengths throughout: numpy would make a matrix of such lists.
    recipes = [["soy sauce", "ginger"] if i % 2 else ["basil", f"tomato {i % 5}"] for i in range(ROWS)]
    labels = ["thai" if i % 2 else "italian" for i in range(ROWS)]
    pipeline = make_pipeline(TfidfVectorizer(analyzer=as_they_are), LogisticRegression()).fit(recipes, labels)
    results = assert_rows_are_independent(
        make_loop(tmp_path, "ingredients: list[str]", pipeline), [{"ingredients": r} for r in recipes]
    )
    assert [row["prediction"] for row in results] == labels


def test_a_pipeline_fitted_on_a_numpy_array(tmp_path: Path) -> None:
    X = rng.normal(size=(ROWS, 3))
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(X, X @ [1, 2, 3])
    records = [{"a": a, "b": b, "c": c} for a, b, c in X.tolist()]
    results = assert_rows_are_independent(make_loop(tmp_path, "a: float\nb: float\nc: float", pipeline), records)
    np.testing.assert_allclose([row["prediction"] for row in results], pipeline.predict(X), atol=1e-9)


def test_a_single_numeric_column_fitted_on_a_numpy_array(tmp_path: Path) -> None:
    X = rng.normal(size=(ROWS, 1))
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(X, X[:, 0])
    assert_rows_are_independent(make_loop(tmp_path, "a: float", pipeline), [{"a": a} for (a,) in X.tolist()])


def test_columns_under_aliases_and_in_another_order_than_the_schema(tmp_path: Path) -> None:
    frame = pd.DataFrame({"petal (cm)": rng.normal(size=ROWS), "class": rng.choice(["a", "b"], ROWS).astype(object)})
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["class"]), ("passthrough", ["petal (cm)"])), LinearRegression()
    ).fit(frame, frame["petal (cm)"] + (frame["class"] == "a"))
    schema = 'kind: str = Field(alias="class")\npetal: float = Field(alias="petal (cm)")'
    results = assert_rows_are_independent(make_loop(tmp_path, schema, pipeline), records_of(frame))
    np.testing.assert_allclose([row["prediction"] for row in results], pipeline.predict(frame), atol=1e-9)


DATES = """
def as_numbers(frame):
    days = frame.copy()
    for name in days:
        days[name] = (days[name] - days[name].dtype.type("2020-01-01")).dt.total_seconds() / 86400
    return days.fillna(-1)
"""


def test_dates_with_and_without_times_and_zones(tmp_path: Path) -> None:
    schema = "booked: date\nseen: datetime | None"
    as_numbers = function_of(write_project(tmp_path / "project", schema, {"days.py": DATES}), "days", "as_numbers")
    frame = pd.DataFrame(
        {
            "booked": pd.to_datetime(["2024-01-01"] * ROWS) + pd.to_timedelta(rng.integers(0, 500, ROWS), unit="D"),
            "seen": pd.to_datetime(["2024-06-01 10:30"] * ROWS) + pd.to_timedelta(rng.integers(0, 500, ROWS), unit="h"),
        }
    )
    frame.loc[::4, "seen"] = pd.NaT
    pipeline = make_pipeline(FunctionTransformer(as_numbers), LinearRegression()).fit(frame, rng.normal(size=ROWS))
    zones = ["Z", "+00:00", "", ".000001"]
    records = [
        {
            "booked": row.booked.date().isoformat(),
            "seen": None if row.seen is pd.NaT else row.seen.isoformat() + zones[i % 4],
        }
        for i, row in enumerate(frame.itertuples())
    ]
    results = assert_rows_are_independent(make_loop(tmp_path, schema, pipeline), records)
    np.testing.assert_allclose([row["prediction"] for row in results], pipeline.predict(frame), rtol=1e-9)


def test_several_outputs(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS)})
    targets = pd.DataFrame({"big": frame["a"] > 0, "kind": np.where(frame["b"] > 0, 2, 1)})
    pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=1)).fit(
        frame, targets.to_numpy(dtype=int)
    )
    results = assert_rows_are_independent(make_loop(tmp_path, "a: float\nb: float", pipeline), records_of(frame))
    assert [row["prediction"] for row in results] == pipeline.predict(frame).tolist()
    assert set(results[0]["probabilities"][0]) == {"0", "1"}
    assert set(results[0]["probabilities"][1]) == {"1", "2"}


def test_several_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS)})
    pipeline = make_pipeline(RandomForestRegressor(5, random_state=1)).fit(frame, frame * 2)
    results = assert_rows_are_independent(make_loop(tmp_path, "a: float\nb: float", pipeline), records_of(frame))
    assert [len(row["prediction"]) for row in results] == [2] * ROWS
