"""What honest people pickle is clean, in every format, under every protocol."""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from tests.pickles.honest import DOCUMENTS, SPAM, X, things, two, y
from tests.pickles.reading import inspected, names_of_dangers, written

LEFT_OUT = {
    *("HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "LogisticRegressionCV", "RFECV"),
    *("SequentialFeatureSelector", "SpectralBiclustering", "StackingClassifier", "TSNE"),
}
"""They take seconds to fit, and are among the things below or hold nothing that others do not."""

PARTS: list[dict[str, Any]] = [
    {},
    {"estimator": LogisticRegression(max_iter=5)},
    {"estimators": [("a", LogisticRegression())]},
    {"transformers": [("a", StandardScaler(), [0])]},
    {"transformer_list": [("a", StandardScaler())]},
    {"steps": [("a", LogisticRegression())]},
    {"estimator": LogisticRegression(max_iter=5), "param_grid": {"C": [1]}},
    {"estimator": LogisticRegression(max_iter=5), "param_distributions": {"C": [1]}, "n_iter": 1},
]
SHAPES: list[tuple[Any, Any]] = [
    (X, y), (X, two), (X.to_numpy(), y.to_numpy()), (DOCUMENTS, SPAM), (X, X.iloc[:, :2]), (X.iloc[:, 0], X.iloc[:, 1]),
    (y, None), ([{"a": 1}, {"b": 2}], [0, 1]),
]  # fmt: skip


@pytest.fixture(scope="module")
def honest() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return things()


def fitted(kind: type) -> Any:
    """An instance that is fitted to the first of the shapes that it takes."""
    for parts in PARTS:
        try:
            estimator = kind(**parts)
        except TypeError:
            continue
        for features, target in SHAPES:
            try:
                return estimator.fit(features, target)
            except (TypeError, ValueError, AttributeError, KeyError, IndexError):
                continue
    return None


def test_every_estimator_of_scikit_learn_is_clean(tmp_path: Path) -> None:
    found = {}
    for name, kind in all_estimators():
        if name not in LEFT_OUT:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                estimator = fitted(kind)
            for form, content in written(estimator):
                if dangers := names_of_dangers(tmp_path, content):
                    found[name, form] = dangers
    assert found == {}


def test_what_pipelines_hold_is_clean(honest: dict[str, Any], tmp_path: Path) -> None:
    for name, thing in honest.items():
        for form, content in written(thing):
            assert names_of_dangers(tmp_path, content) == [], (name, form)


def test_the_version_is_read_in_every_format(honest: dict[str, Any], tmp_path: Path) -> None:
    for form, content in written(honest["forest"]):
        inspection = inspected(tmp_path, content)
        assert re.fullmatch(r"\d+\.\d+(\.\d+)?", inspection.versions["scikit-learn"]), form
        assert inspection.format == form.partition(" ")[0]
        assert inspection.shape.text == "Pipeline(StandardScaler, RandomForestClassifier)"
        assert {"numpy", "sklearn"} <= set(inspection.imports) <= {"joblib", "numpy", "sklearn"}
        assert (inspection.custom, inspection.main) == ([], [])
