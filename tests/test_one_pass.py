"""The steps before the last run once, and the answers are those of `predict` and `predict_proba` to the bit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from worker.one_pass import OnePass

rng = np.random.default_rng(5)
X = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80), "c": rng.choice(["x", "y", "z"], 80)})
Y = np.where(X["a"] + rng.normal(size=80) / 2 > 0, "yes", "no")
calls: list[int] = []


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    calls.append(len(frame))
    return frame


class Greedy(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Writes into what it is given."""

    def fit(self, rows: Any, y: Any) -> "Greedy":
        self.classes_ = np.unique(y)
        return self

    def predict(self, rows: Any) -> Any:
        rows[:, 0] = np.abs(rows[:, 0])
        return np.where(rows[:, 0] > 0, "yes", "no")

    def predict_proba(self, rows: Any) -> Any:
        chance = (rows[:, 0] > 0).astype(float)
        return np.column_stack([1 - chance, chance])


class Own(Pipeline):  # type: ignore[misc]  # scikit-learn is untyped
    """Whose `predict` is another one."""

    def predict(self, X: Any, **params: Any) -> Any:
        return np.repeat("mine", len(X))


def fitted(last: Any, *, y: Any = Y, kind: type[Pipeline] = Pipeline) -> Any:
    columns = make_column_transformer((StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["c"]))
    steps = [("counted", FunctionTransformer(counted)), ("none", None), ("same", "passthrough"), ("columns", columns)]
    return kind([*steps, ("last", last)]).fit(X, y)


def passes(pipeline: Any) -> int:
    """How often the first step runs for one answer, which is compared with the Pipeline's own."""
    calls.clear()
    predictions, chances = OnePass(pipeline)(X)
    found = len(calls)
    expected = pipeline.predict(X)
    np.testing.assert_array_equal(predictions, expected)
    assert predictions.dtype == expected.dtype
    np.testing.assert_array_equal(chances, pipeline.predict_proba(X))
    return found


@pytest.mark.parametrize(
    ("last", "y"),
    [
        (LogisticRegression(), Y),
        (LogisticRegression(), rng.choice([3, 5, 7], 80)),
        (RandomForestClassifier(10, random_state=1), Y),
        (HistGradientBoostingClassifier(max_iter=5), Y),
        (GaussianNB(), Y),
        (BernoulliNB(), rng.choice([3, 5, 7], 80)),
        (DecisionTreeClassifier(max_depth=2), Y),
        (ExtraTreesClassifier(10, random_state=1), np.column_stack([Y, Y[::-1]])),
        (GradientBoostingClassifier(n_estimators=5), rng.choice([3, 5, 7], 80)),
        (KNeighborsClassifier(), Y),
        (VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())], voting="soft"), Y),
        (MultiOutputClassifier(GaussianNB()), np.column_stack([Y, Y[::-1]])),
        (ClassifierChain(LogisticRegression()), (X[["a", "b"]] > 0).to_numpy(dtype=int)),
        (GaussianMixture(2, random_state=1), None),
        (make_pipeline(StandardScaler(), LogisticRegression()), Y),
    ],
    ids=str,
)
def test_one_pass_gives_what_two_calls_give(last: Any, y: Any) -> None:
    assert passes(fitted(last, y=y)) == 1


@pytest.mark.parametrize(
    ("last", "spared"),
    [
        (LogisticRegression(), True),
        (RandomForestClassifier(20, random_state=1), True),
        (RandomForestClassifier(2, random_state=1), False),  # two trees, and ties between them
        (SGDClassifier(loss="modified_huber", random_state=1), False),
        (KNeighborsClassifier(), False),
    ],
    ids=str,
)
def test_predict_is_spared_where_the_largest_probability_says_the_same(last: Any, spared: bool) -> None:
    pipeline = fitted(last)
    asked: list[int] = []
    own = pipeline[-1].predict

    def predict(rows: Any) -> Any:
        asked.append(len(rows))
        return own(rows)

    pipeline[-1].predict = predict
    rows = X[:10] if spared else X
    predictions, _ = OnePass(pipeline)(rows)
    assert (asked == []) is spared
    np.testing.assert_array_equal(predictions, pipeline.predict(rows))


@pytest.mark.parametrize("last", [Greedy(), VotingClassifier([("a", Greedy()), ("b", GaussianNB())], voting="soft")])
def test_an_estimator_of_the_users_own_is_given_its_input_twice(last: Any) -> None:
    assert passes(fitted(last)) == 2


def test_a_pipeline_with_methods_of_its_own_answers_by_them() -> None:
    predictions, chances = OnePass(fitted(GaussianNB(), kind=Own))(X)
    assert set(predictions) == {"mine"}
    assert chances.shape == (80, 2)


def test_with_metadata_routing_the_pipeline_is_called_itself() -> None:
    pipeline = fitted(GaussianNB())
    with sklearn.config_context(enable_metadata_routing=True):
        assert passes(pipeline) == 2


def test_a_model_without_probabilities_gives_none() -> None:
    predictions, chances = OnePass(fitted(SVC()))(X)
    assert (len(predictions), chances) == (80, None)


@pytest.mark.parametrize("rows", [X[["a", "b"]], X[["a", "b"]].to_numpy()], ids=["DataFrame", "array"])
def test_probabilities_are_of_the_rows_that_came_though_a_step_writes_into_them(rows: Any) -> None:
    pipeline = make_pipeline(StandardScaler(copy=False), Greedy()).fit(rows.copy() * 3 + 5, Y)
    predictions, chances = OnePass(pipeline)(rows.copy())
    np.testing.assert_array_equal(chances, pipeline.predict_proba(rows.copy()))
    np.testing.assert_array_equal(predictions, pipeline.predict(rows.copy()))
