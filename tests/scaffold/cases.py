"""Pipelines as data scientists train them: scaler and one-hot, imputers, texts, lists of words, arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler


@dataclass(frozen=True, kw_only=True)
class Case:
    """`inputs` makes of the data what the Pipeline is fitted on; `bare`: it can be served without data as well."""

    data: str
    target: str
    pipeline: Callable[[], Pipeline]
    inputs: Callable[[pd.DataFrame], Any]
    bare: bool = True

    def fitted(self, frame: pd.DataFrame) -> Pipeline:
        return self.pipeline().fit(self.inputs(frame), frame[self.target])


def _titanic() -> Pipeline:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [("n", numbers, ["Age", "SibSp", "Parch", "Fare"]), ("w", words, ["Pclass", "Sex", "Embarked", "Cabin"])]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def _gaps_are_a_word() -> Pipeline:
    fill = SimpleImputer(strategy="constant", fill_value="missing")
    words = make_pipeline(fill, OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1))
    columns = make_column_transformer((words, ["Sex", "Embarked"]), remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=20))


def _adult() -> Pipeline:
    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer((OneHotEncoder(sparse_output=False), words), remainder=StandardScaler())
    return make_pipeline(columns, GaussianNB())


def _without(*columns: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=list(columns))


CASES = {
    "iris, scaled": Case(
        data="iris",
        target="target",
        pipeline=lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        inputs=_without("target"),
    ),
    "iris, as an array": Case(
        data="iris",
        target="target",
        pipeline=lambda: make_pipeline(MinMaxScaler(), RandomForestClassifier(10, random_state=1)),
        inputs=lambda frame: frame.drop(columns="target").to_numpy(),
    ),
    "titanic, imputers and one-hot": Case(
        data="titanic", target="Survived", pipeline=_titanic, inputs=_without("Survived")
    ),
    "titanic, gaps are a word": Case(
        data="titanic",
        target="Survived",
        pipeline=_gaps_are_a_word,
        inputs=lambda frame: frame[["Sex", "Age", "Embarked", "Fare"]],
    ),
    "adult, scaler and one-hot": Case(data="adult", target="income", pipeline=_adult, inputs=_without("income")),
    "sms, texts": Case(
        data="sms_spam",
        target="v1",
        pipeline=lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()),
        inputs=lambda frame: frame["v2"],
    ),
    "sms, dense": Case(
        data="sms_spam",
        target="v1",
        pipeline=lambda: make_pipeline(CountVectorizer(max_features=500), MultinomialNB()),
        inputs=lambda frame: frame["v2"],
    ),
    "cooking, lists of words": Case(
        data="whats_cooking",
        target="cuisine",
        pipeline=lambda: make_pipeline(TfidfVectorizer(analyzer=set), MultinomialNB()),
        inputs=lambda frame: frame["ingredients"],
    ),
    "boston, as an array": Case(
        data="boston",
        target="medv",
        pipeline=lambda: make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=30, random_state=1)),
        inputs=lambda frame: frame.drop(columns="medv").to_numpy(dtype=np.float64),
    ),
    "boston, named": Case(
        data="boston",
        target="medv",
        pipeline=lambda: make_pipeline(Ridge()),
        inputs=_without("medv"),
    ),
}
