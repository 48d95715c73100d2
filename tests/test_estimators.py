"""Estimators and schemas that are built unlike the others, each answered as its own `predict` says."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from tests.making import function_of, make_loop, write_project

rng = np.random.default_rng(3)
X = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60)})
FLOATS = "a: float\nb: float"


def answers(folder: Path, schema: str, pipeline: Any, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    loop = make_loop(folder, schema, pipeline)
    found: list[dict[str, Any]] = loop.ask(records)
    loop.close()
    return found


def test_probabilities_without_classes_are_numbered(tmp_path: Path) -> None:
    pipeline = make_pipeline(GaussianMixture(2, random_state=1)).fit(X)
    found = answers(tmp_path, FLOATS, pipeline, X.to_dict("records"))
    assert set(found[0]["probabilities"]) == {"0", "1"}
    assert [row["prediction"] for row in found] == pipeline.predict(X).tolist()


def test_a_chain_has_one_probability_for_each_output(tmp_path: Path) -> None:
    targets = (X > 0).to_numpy(dtype=int)
    pipeline = make_pipeline(ClassifierChain(LogisticRegression())).fit(X, targets)
    found = answers(tmp_path, FLOATS, pipeline, X.to_dict("records"))
    assert [list(row["probabilities"].values()) for row in found] == pipeline.predict_proba(X).tolist()


def test_a_sparse_answer_is_an_answer(tmp_path: Path) -> None:
    pipeline = make_pipeline(OneVsRestClassifier(LogisticRegression())).fit(X, csr_matrix((X > 0).to_numpy(dtype=int)))
    found = answers(tmp_path, FLOATS, pipeline, X.to_dict("records"))
    assert [row["prediction"] for row in found] == pipeline.predict(X).toarray().tolist()


OWN = """
import pandas as pd
from sklearn.base import BaseEstimator


class Odd(BaseEstimator):
    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return [pd.NaT if a < -5 else int(a) if a > 0 else "below" for a in X["a"]]
"""


def test_an_estimator_of_the_users_own_is_given_a_frame_and_each_row_keeps_its_type(tmp_path: Path) -> None:
    odd = function_of(write_project(tmp_path / "project", FLOATS, {"own.py": OWN}), "own", "Odd")
    records = [{"a": 7.5, "b": 0}, {"a": -1, "b": 0}, {"a": -9, "b": 0}]
    found = answers(tmp_path, FLOATS, make_pipeline(odd()).fit(X), records)
    assert [row.get("prediction", row.get("error", {}).get("code")) for row in found] == [7, "below", "row_rejected"]


def test_an_own_first_step_that_was_fitted_on_an_array_is_given_one(tmp_path: Path) -> None:
    source = OWN.replace('X["a"]', "X[:, 0]")
    odd = function_of(write_project(tmp_path / "project", FLOATS, {"own.py": source}), "own", "Odd")
    found = answers(tmp_path, FLOATS, make_pipeline(odd()).fit(X), [{"a": 7.5, "b": 0}])
    assert found[0]["prediction"] == 7


def ports(marker: Any) -> pd.DataFrame:
    return pd.DataFrame({"port": pd.Series(["S", "C", marker] * 20, dtype=object)})


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


@pytest.mark.parametrize("marker", [None, np.nan], ids=["None", "NaN"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [FunctionTransformer(same)],
        [SimpleImputer(strategy="constant", fill_value="none")],
    ],
    ids=["encoder", "function", "imputer"],
)
def test_the_null_that_the_training_data_had_reaches_the_encoder(tmp_path: Path, marker: Any, before: Any) -> None:
    frame = ports(marker)
    inner = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [0] if len(before) else ["port"]))
    steps = [*before, OneHotEncoder(handle_unknown="ignore") if before else inner]
    pipeline = make_pipeline(*steps, LinearRegression()).fit(frame, [1.0, 2, 50] * 20)
    schema = "port: Literal['S', 'C'] | None"
    found = answers(tmp_path, schema, pipeline, [{"port": "S"}, {"port": "C"}, {"port": None}])
    assert [row["prediction"] for row in found] == pytest.approx(list(pipeline.predict(frame[:3])))


def test_a_default_of_none_is_a_missing_value(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": [1.0, np.nan, 3.0], "f": pd.Series([True, np.nan, False], dtype=object)})
    pipeline = make_pipeline(
        make_column_transformer((SimpleImputer(add_indicator=True), ["n"]), (OneHotEncoder(), ["f"])),
        LinearRegression(),
    ).fit(frame, [1.0, 50, 3])
    found = answers(tmp_path, "n: int = None\nf: bool = None", pipeline, [{}, {"n": 1, "f": True}])
    assert [row["prediction"] for row in found] == pytest.approx([50, 1])


def test_durations_of_more_than_a_year(tmp_path: Path) -> None:
    source = "def days(frame):\n    return frame.apply(lambda c: c.dt.total_seconds() / 86400)\n"
    project = write_project(tmp_path / "project", "t: timedelta", {"spans.py": source})
    frame = pd.DataFrame({"t": pd.to_timedelta([1, 400, 800], unit="D")})
    pipeline = make_pipeline(FunctionTransformer(function_of(project, "spans", "days")), LinearRegression())
    pipeline.fit(frame, [1.0, 400, 800])
    found = answers(tmp_path, "t: timedelta", pipeline, [{"t": "P400D"}, {"t": 86400 * 800}])
    assert [row["prediction"] for row in found] == pytest.approx([400, 800])
