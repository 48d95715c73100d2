"""Every kind of model side by side, each figure as numpy and scikit-learn find it on the same frame."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from commands.comparing.differences import LabelsCompared, NotComparable, NumbersCompared
from commands.environments.environment import Environment
from tests.comparing.replaying import compared
from tests.making import function_of, write_project

DIABETES = load_diabetes(as_frame=True)
X, Y = DIABETES.data, DIABETES.target
ROWS = X.to_dict("records")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", "\n".join(f"{name}: float" for name in X.columns))


def test_regressors_are_measured(tmp_path: Path, project: Path) -> None:
    line, tree = (
        make_pipeline(LinearRegression()).fit(X, Y),
        make_pipeline(DecisionTreeRegressor(max_depth=3)).fit(X, Y),
    )
    found = compared(tmp_path, project, ROWS, v1=line, v2=tree)
    (output,) = found.outputs
    assert isinstance(output, NumbersCompared)
    before, after = line.predict(X), tree.predict(X)
    difference = after - before
    assert output.mean_absolute == pytest.approx(np.abs(difference).mean())
    assert output.root_mean_square == pytest.approx(np.sqrt((difference**2).mean()))
    assert output.largest_absolute == pytest.approx(np.abs(difference).max())
    assert output.correlation == pytest.approx(np.corrcoef(before, after)[0, 1])
    assert output.mean_after == pytest.approx(after.mean())
    assert found.agreement == 0
    worst = np.argsort(-np.abs(difference))[:10]
    assert [shown.row for shown in output.largest] == [place + 1 for place in worst]
    assert [shown.difference for shown in output.largest] == pytest.approx(difference[worst].tolist())
    assert output.largest[0].record == dict(list(ROWS[worst[0]].items())[:4])


def test_numbers_that_differ_by_rounding_are_equal(tmp_path: Path, project: Path) -> None:
    line = make_pipeline(LinearRegression()).fit(X, Y)
    shifted = make_pipeline(LinearRegression()).fit(X, Y * (1 + 1e-12))
    found = compared(tmp_path, project, ROWS[:50], v1=line, v2=shifted)
    assert found.agreement == 1


def test_each_of_several_numbers_is_measured(tmp_path: Path, project: Path) -> None:
    both = np.column_stack([Y, Y**2])
    line, ridge = make_pipeline(LinearRegression()).fit(X, both), make_pipeline(Ridge()).fit(X, both)
    found = compared(tmp_path, project, ROWS, v1=line, v2=ridge)
    means = np.abs(ridge.predict(X) - line.predict(X)).mean(axis=0)
    assert [output.mean_absolute for output in found.outputs] == pytest.approx(means.tolist())  # type: ignore[union-attr]
    one = make_pipeline(LinearRegression()).fit(X, Y)
    with pytest.raises(NotComparable, match=r"v1 gives 2 outputs .* and v2 gives one"):
        compared(tmp_path, project, ROWS[:3], v1=line, v2=one)


def test_each_of_several_labels_has_its_table_and_probabilities(tmp_path: Path, project: Path) -> None:
    labels = pd.DataFrame(
        {"high": np.where(Y > 150, "yes", "no"), "group": pd.cut(Y, 3, labels=["a", "b", "c"]).astype(str)}
    )
    models = [
        make_pipeline(MultiOutputClassifier(LogisticRegression(C=c, max_iter=500))).fit(X, labels) for c in (1, 100)
    ]
    found = compared(tmp_path, project, ROWS, v1=models[0], v2=models[1])
    before, after = (model.predict(X) for model in models)
    chances = [model.predict_proba(X) for model in models]
    assert found.equal == (before == after).all(axis=1).sum()
    for place, output in enumerate(found.outputs):
        assert isinstance(output, LabelsCompared)
        assert output.equal == (before[:, place] == after[:, place]).sum()
        assert output.probabilities is not None
        assert output.probabilities[1] == pytest.approx(np.abs(chances[1][place] - chances[0][place]).max())


def test_labels_of_true_and_false_without_probabilities(tmp_path: Path, project: Path) -> None:
    high = (Y > 150).to_numpy()
    models = [make_pipeline(RidgeClassifier(alpha)).fit(X, high) for alpha in (1, 10)]
    (output,) = compared(tmp_path, project, ROWS, v1=models[0], v2=models[1]).outputs
    assert isinstance(output, LabelsCompared)
    assert output.labels == ["false", "true"]
    assert output.counts == pd.crosstab(models[0].predict(X), models[1].predict(X)).to_numpy().tolist()
    assert output.probabilities is None
    assert output.largest[0].sure_before is None


def test_labels_that_are_numbers_are_no_measured_numbers(tmp_path: Path, project: Path) -> None:
    high = (Y > 150).astype(int)
    line, classes = make_pipeline(LinearRegression()).fit(X, high), make_pipeline(RidgeClassifier()).fit(X, high)
    with pytest.raises(
        NotComparable, match=r"v1 gives numbers .* and v2 gives labels that are numbers \(such as [01]\)"
    ):
        compared(tmp_path, project, ROWS[:3], v1=line, v2=classes)
    with pytest.raises(NotComparable, match=r"v1 gives labels that are numbers .* and v2 gives numbers"):
        compared(tmp_path, project, ROWS[:3], v1=classes, v2=line)


def test_clusters_agree_whatever_they_are_called(tmp_path: Path, project: Path) -> None:
    three, four = (make_pipeline(KMeans(count, random_state=1, n_init=3)).fit(X) for count in (3, 4))
    (output,) = compared(tmp_path, project, ROWS, v1=three, v2=four).outputs
    assert isinstance(output, LabelsCompared)
    assert output.adjusted_rand == pytest.approx(adjusted_rand_score(three.predict(X), four.predict(X)))


def test_texts_go_through_two_vectorizers(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "text: str")
    texts = pd.Series(
        ["free money now", "see you at lunch", "win money", "lunch tomorrow?", "free lunch", "call now"] * 5
    )
    spam = pd.Series([1, 0, 1, 0, 0, 1] * 5)
    models = [
        make_pipeline(step, LogisticRegression()).fit(texts, spam)
        for step in (CountVectorizer(), TfidfVectorizer(binary=True))
    ]
    asked = pd.Series([f"{a} {b}" for a in ("free", "win", "lunch", "you") for b in ("money", "now", "at", "lunch")])
    found = compared(tmp_path, project, [{"text": text} for text in asked], v1=models[0], v2=models[1])
    before, after = (model.predict(asked) for model in models)
    assert found.equal == (before == after).sum()
    (output,) = found.outputs
    assert isinstance(output, LabelsCompared)
    assert output.probabilities is not None
    change = np.abs(models[1].predict_proba(asked) - models[0].predict_proba(asked))
    assert output.probabilities[0] == pytest.approx(change.mean())


def test_a_row_that_one_model_can_not_take_counts_as_different(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "colour: str")
    colours = pd.DataFrame({"colour": ["red", "green"] * 5})
    strict, loose = (
        make_pipeline(OneHotEncoder(handle_unknown=way), LogisticRegression()).fit(colours, colours["colour"])
        for way in ("error", "ignore")
    )
    rows: list[Any] = [{"colour": c} for c in ("red", "blue", "green", "pink", "red")] + [{"colour": 5}, {}]
    rows += [*({"colour": "black"} for _ in range(400)), {"colour": "green"}]  # told apart from all that is before it
    found = compared(tmp_path, project, rows, v1=strict, v2=loose)
    assert (found.read, found.refused.count) == (408, 2)
    assert [row for row, _ in found.refused.examples] == [6, 7]
    assert found.refused.examples[0][1] == "colour: Input should be a valid string"
    assert found.failed[0].count == 402
    assert found.failed[0].examples[0][0] == 2
    assert "Found unknown categories ['blue']" in found.failed[0].examples[0][1]
    assert found.failed[1].count == 0
    assert (found.compared, found.equal, found.only_one) == (4, 4, 402)
    assert found.agreement == 4 / 406
    with pytest.raises(NotComparable, match=r"(?s)answered by both models.*v1, row 1: .*unknown categories"):
        compared(tmp_path, project, rows[1:2], v1=strict, v2=loose)


OWN = """
def scaled(rows):
    from library_of_the_model import FACTOR

    return rows * FACTOR
"""


def test_each_model_runs_under_its_own_libraries(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "a: float\nb: float", {"own_steps.py": OWN})
    environments = {}
    for tag, factor in {"v1": 2, "v2": 3}.items():
        folder = tmp_path / f"libraries-{tag}"
        folder.mkdir()
        (folder / "library_of_the_model.py").write_text(f"FACTOR = {factor}\n")
        environments[tag] = Environment(folder=folder, libraries={})
    model = make_pipeline(FunctionTransformer(function_of(project, "own_steps", "scaled")), LinearRegression())
    model.steps[-1][1].fit([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0.0, 1.0, 10.0])
    rows = [{"a": 1.0, "b": 0.0}, {"a": 5.0, "b": 1.0}]
    (output,) = compared(tmp_path, project, rows, environments, v1=model, v2=model).outputs
    assert isinstance(output, NumbersCompared)
    assert list(output.before) == pytest.approx([2, 30])
    assert list(output.after) == pytest.approx([3, 45])
