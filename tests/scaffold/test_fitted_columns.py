"""What fitted estimators tell of their columns, however deep they are nested."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier

from commands.fitted.column import Column
from commands.fitted.columns import columns, takes_one_text

ROWS = 60
FRAME = pd.DataFrame(
    {
        "age": np.linspace(20, 79, ROWS),
        "colour": ["red", "green", "blue"] * (ROWS // 3),
        "size": ["S", "M", "L", "XL"] * (ROWS // 4),
        "text": [f"some words number {place}" for place in range(ROWS)],
    }
)
ANSWER = np.arange(ROWS) % 2


def told(pipeline: Any, frame: Any = FRAME) -> dict[str, Column]:
    found = columns(pipeline.fit(frame, ANSWER))
    assert [column.position for column in found] == list(range(len(found)))
    assert [Column.from_dict(column.to_dict()) for column in found] == found
    return {column.name: column for column in found}


def test_a_column_transformer_tells_of_its_parts_and_of_what_it_drops() -> None:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    parts = ColumnTransformer(
        [
            ("numbers", numbers, ["age"]),
            ("colour", OneHotEncoder(handle_unknown="ignore"), ["colour"]),
            ("text", TfidfVectorizer(), "text"),
        ]
    )
    found = told(make_pipeline(parts, LogisticRegression()))
    age = found["age"]
    assert (age.kind, age.gaps, age.missing_allowed, age.guessed) == ("number", True, True, True)
    assert age.typical == 49.5
    assert (age.low, age.high) == pytest.approx((49.5 - 4 * FRAME.age.std(ddof=0), 49.5 + 4 * FRAME.age.std(ddof=0)))
    assert (found["colour"].kind, found["colour"].categories) == ("category", ["blue", "green", "red"])
    assert found["colour"].unknown_allowed
    assert (found["text"].kind, found["text"].missing_allowed) == ("text", False)
    assert not found["size"].used


@pytest.mark.parametrize(
    ("encoder", "unknown_allowed"),
    [
        (OneHotEncoder(), False),
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2), True),
        (OrdinalEncoder(), False),
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), True),
        (TargetEncoder(cv=2), True),
    ],
    ids=str,
)
def test_every_encoder_tells_its_categories(encoder: Any, unknown_allowed: bool) -> None:
    found = told(make_pipeline(encoder, LogisticRegression()), FRAME[["size", "colour"]])
    assert found["size"].categories == ["L", "M", "S", "XL"]
    assert found["colour"].categories == ["blue", "green", "red"]
    assert {column.unknown_allowed for column in found.values()} == {unknown_allowed}
    assert {column.missing_allowed for column in found.values()} == {unknown_allowed}


def test_an_order_that_the_user_gave_is_kept() -> None:
    sizes = ["S", "M", "L", "XL"]
    found = told(make_pipeline(OrdinalEncoder(categories=[sizes]), LogisticRegression()), FRAME[["size"]])
    assert found["size"].categories == sizes


@pytest.mark.parametrize(
    ("scaler", "low", "high", "guessed"),
    [
        (MinMaxScaler(), 20, 79, False),
        (QuantileTransformer(n_quantiles=10), 20, 79, False),
        (KBinsDiscretizer(encode="ordinal", strategy="uniform"), 20, 79, False),
        (RobustScaler(), 49.5 - 4 * 29.5, 49.5 + 4 * 29.5, True),
    ],
    ids=str,
)
def test_scalers_tell_the_bounds(scaler: Any, low: float, high: float, guessed: bool) -> None:
    age = told(make_pipeline(scaler, LogisticRegression()), FRAME[["age"]])["age"]
    assert (age.low, age.high, age.guessed) == (pytest.approx(low), pytest.approx(high), guessed)


def test_the_first_scaler_tells_and_not_the_second() -> None:
    age = told(make_pipeline(StandardScaler(), MinMaxScaler(), LogisticRegression()), FRAME[["age"]])["age"]
    assert (age.typical, age.guessed) == (49.5, True)
    assert age.low == pytest.approx(49.5 - 4 * FRAME.age.std(ddof=0))


def test_what_a_scaler_saw_after_a_function_is_not_the_clients_value() -> None:
    found = told(make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression()), FRAME[["age"]])
    assert found["age"].low is None
    assert found["age"].used
    found = told(make_pipeline(PCA(1), StandardScaler(), LogisticRegression()), FRAME[["age"]])
    assert (found["age"].kind, found["age"].low) == ("number", None)


def test_a_column_that_passes_through_is_followed_to_the_next_step() -> None:
    parts = ColumnTransformer([("colour", OneHotEncoder(), ["colour"])], remainder="passthrough")
    found = told(make_pipeline(parts, MinMaxScaler(), LogisticRegression()), FRAME[["age", "colour"]])
    assert (found["age"].kind, found["age"].low, found["age"].high) == ("number", 20, 79)
    assert found["colour"].categories == ["blue", "green", "red"]


def test_selectors_nested_pipelines_and_unions_are_seen_through() -> None:
    words = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("encode", OneHotEncoder())])
    union = make_union(words, make_pipeline(OrdinalEncoder()))
    parts = ColumnTransformer(
        [("words", union, make_column_selector(pattern="colour|size")), ("age", KNNImputer(), [0])]
    )
    found = told(make_pipeline(parts, LogisticRegression()), FRAME[["age", "colour", "size"]])
    assert found["colour"].categories == ["blue", "green", "red"]
    assert not found["colour"].missing_allowed, "one of the two encoders takes no gap"
    assert (found["age"].kind, found["age"].gaps) == ("number", True)


def test_the_word_that_stands_for_a_gap_is_no_category() -> None:
    frame = FRAME[["colour"]].astype(object).where(FRAME.index.to_numpy()[:, None] % 7 > 0, None)
    fill = SimpleImputer(missing_values=None, strategy="constant", fill_value="missing")
    colour = told(make_pipeline(fill, OneHotEncoder(), LogisticRegression()), frame)["colour"]
    assert (colour.categories, colour.filler, colour.gaps) == (["blue", "green", "red"], "missing", True)
    colour = told(make_pipeline(OneHotEncoder(), LogisticRegression()), frame)["colour"]
    assert (colour.categories, colour.gaps, colour.missing_allowed) == (["blue", "green", "red"], True, True)


@pytest.mark.parametrize(
    ("model", "missing_allowed"),
    [
        (HistGradientBoostingClassifier(max_iter=2), True),
        (LogisticRegression(), False),
        (DecisionTreeClassifier(), True),
    ],
    ids=str,
)
def test_the_model_itself_decides_where_nothing_fills_gaps(model: Any, missing_allowed: bool) -> None:
    found = told(make_pipeline(StandardScaler(), model), FRAME[["age"]])
    assert found["age"].missing_allowed is missing_allowed
    assert not found["age"].gaps


def test_encoders_inside_the_model_are_found() -> None:
    inner = make_pipeline(OneHotEncoder(), LogisticRegression())
    frame = FRAME[["colour"]]
    stacked = StackingClassifier([("a", inner)], cv=2)
    searched = GridSearchCV(inner, {"logisticregression__C": [1.0]}, cv=2)
    target = TransformedTargetRegressor(make_pipeline(OneHotEncoder(), LinearRegression()))
    for model in (stacked, searched, target):
        found = told(Pipeline([("model", model)]), frame)
        assert found["colour"].categories == ["blue", "green", "red"], model


def test_an_array_has_columns_by_number() -> None:
    found = told(make_pipeline(MinMaxScaler(), LogisticRegression()), np.column_stack([FRAME.age, -FRAME.age]))
    assert [(name, column.low, column.high) for name, column in found.items()] == [("x0", 20, 79), ("x1", -79, -20)]


def words_of(document: list[str]) -> list[str]:
    return list(document)


def joined(document: list[str]) -> str:
    return " ".join(document)


def split(document: str) -> list[str]:
    return document.split()


LISTS = [["olive oil", "salt"], ["feta cheese", "salt"]] * (ROWS // 2)


@pytest.mark.parametrize(
    ("vectorizer", "documents", "kind"),
    [
        (CountVectorizer(), list(FRAME.text), "text"),
        (TfidfVectorizer(analyzer="char", ngram_range=(2, 3)), list(FRAME.text), "text"),
        (TfidfVectorizer(tokenizer=split, token_pattern=None), list(FRAME.text), "text"),
        (HashingVectorizer(n_features=16), list(FRAME.text), "text"),
        (TfidfVectorizer(analyzer=words_of), LISTS, "list"),
        (CountVectorizer(analyzer=set), LISTS, "list"),
        (TfidfVectorizer(preprocessor=joined), LISTS, "list"),
        (TfidfVectorizer(tokenizer=words_of, lowercase=False, token_pattern=None), LISTS, "list"),
        (HashingVectorizer(analyzer=words_of, n_features=16), LISTS, "list"),
    ],
    ids=range(9),
)
def test_texts_and_lists_of_words_are_told_apart(vectorizer: Any, documents: Any, kind: str) -> None:
    pipeline = make_pipeline(vectorizer, LogisticRegression()).fit(documents, ANSWER)
    (column,) = columns(pipeline)
    assert (column.kind, column.name) == (kind, "text" if kind == "text" else "words")
    assert takes_one_text(pipeline)
