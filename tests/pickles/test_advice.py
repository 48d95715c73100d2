"""The lines that make a Pipeline of what a file holds are run as they are printed."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from commands.pickles.advice import advice, renamed
from commands.pickles.inspection import inspect_model
from tests.pickles.evil import planted
from tests.running import cli, run

DOCUMENTS = ["free money now", "see you at noon"] * 10
LABELS = ["spam", "ham"] * 10
NUMBERS = [[float(i), float(i % 3)] for i in range(20)]


def vectorizer() -> Any:
    return TfidfVectorizer().fit(DOCUMENTS)


def classifier() -> Any:
    return LogisticRegression().fit(vectorizer().transform(DOCUMENTS), LABELS)


def searched(kind: Callable[..., Any], inner: Any, parameter: str) -> Any:
    options = {"n_iter": 1} if kind is RandomizedSearchCV else {}
    return kind(inner, {parameter: [1.0]}, cv=2, **options).fit(NUMBERS, LABELS)


def saved(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    if path.suffix == ".joblib":
        joblib.dump(value, path, compress=3)
    else:
        path.write_bytes(pickle.dumps(value))
    return path


def followed(path: Path) -> Any:
    """Runs the advice as it is printed; gives back the Pipeline that it wrote."""
    lines = advice(inspect_model(path))
    assert lines is not None
    exec(lines, {})
    result = renamed(path)
    inspection = inspect_model(result)
    assert inspection.shape.kind == "pipeline"
    assert inspection.shape.predicts
    assert advice(inspection) is None
    return pickle.loads(result.read_bytes())


NUMERIC: dict[str, Callable[[], Any]] = {
    "a bare classifier": lambda: LogisticRegression().fit(NUMBERS, LABELS),
    "a search over a Pipeline": lambda: searched(
        GridSearchCV, make_pipeline(StandardScaler(), LogisticRegression()), "logisticregression__C"
    ),
    "a search over a classifier": lambda: searched(RandomizedSearchCV, LogisticRegression(), "C"),
    "a search in a dictionary": lambda: {"search": searched(GridSearchCV, LogisticRegression(), "C"), "score": 0.9},
    "a Pipeline in a list": lambda: [make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, LABELS)],
}


@pytest.mark.parametrize("suffix", [".pkl", ".joblib"])
@pytest.mark.parametrize("name", NUMERIC)
def test_what_takes_numbers_becomes_a_pipeline(name: str, suffix: str, tmp_path: Path) -> None:
    pipeline = followed(saved(tmp_path, f"model{suffix}", NUMERIC[name]()))
    assert set(pipeline.predict(NUMBERS)) <= {"spam", "ham"}


TEXT: dict[str, Callable[[], Any]] = {
    "a tuple": lambda: (vectorizer(), classifier()),
    "a tuple, the other way round": lambda: (classifier(), vectorizer()),
    "a dictionary": lambda: {"model": classifier(), "tfidf": vectorizer(), "encoder": LabelEncoder().fit(LABELS)},
    "a Pipeline and a classifier": lambda: [make_pipeline(vectorizer()), classifier()],
}


@pytest.mark.parametrize("name", TEXT)
def test_a_vectorizer_and_its_classifier_are_joined_in_the_right_order(name: str, tmp_path: Path) -> None:
    pipeline = followed(saved(tmp_path, "model.pkl", TEXT[name]()))
    assert list(pipeline.predict(["free money", "at noon"])) == ["spam", "ham"]


@pytest.mark.parametrize(("given", "beside"), [("model.pkl", "tfidf.joblib"), ("tfidf.joblib", "model.pkl")])
def test_the_other_half_is_found_in_the_file_beside(given: str, beside: str, tmp_path: Path) -> None:
    halves = {"tfidf.joblib": vectorizer(), "model.pkl": classifier()}
    for name in (given, beside):
        saved(tmp_path, name, halves[name])
    saved(tmp_path, "encoder.pkl", LabelEncoder().fit(LABELS))
    mark = tmp_path / "mark"
    (tmp_path / "evil.pkl").write_bytes(planted(mark))
    pipeline = followed(tmp_path / given)
    assert list(pipeline.predict(["free money", "at noon"])) == ["spam", "ham"]
    assert not mark.exists()


def test_what_can_not_have_been_fitted_together_is_not_joined(tmp_path: Path) -> None:
    saved(tmp_path, "vectorizer.pkl", vectorizer())
    table = pd.DataFrame(NUMBERS, columns=["a", "b"])
    for name, model in (
        ("wide.pkl", LogisticRegression().fit(NUMBERS, LABELS)),
        ("named.pkl", LogisticRegression().fit(table, LABELS)),
    ):
        assert "make_pipeline(model)" in str(advice(inspect_model(saved(tmp_path, name, model))))
    saved(tmp_path, "classifier.pkl", classifier())
    lines = str(advice(inspect_model(tmp_path / "vectorizer.pkl")))
    assert "classifier.pkl" in lines
    assert "can't predict by itself" not in lines, "of three beside it, one fits"


def test_without_a_file_beside_it_there_is_a_name_to_fill_in(tmp_path: Path) -> None:
    path = saved(tmp_path, "model.pkl", make_pipeline(StandardScaler(), PCA()).fit(NUMBERS))
    lines = advice(inspect_model(path))
    assert lines is not None
    assert "in place of classifier.pkl" in lines.splitlines()[0]
    features = make_pipeline(StandardScaler(), PCA()).fit_transform(NUMBERS)
    saved(tmp_path, "classifier.pkl", LogisticRegression().fit(features, LABELS))
    exec(lines, {})
    assert inspect_model(renamed(path)).shape.text == "Pipeline(StandardScaler, PCA, LogisticRegression)"


NOTEBOOK = """
import pickle
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

class Cleaner(StandardScaler):
    pass

def double(X):
    return X * 2

steps = Cleaner(), FunctionTransformer(double), LogisticRegression()
pipeline = make_pipeline(*steps).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
with open("model.pkl", "wb") as file:
    pickle.dump([pipeline], file)  # not even a Pipeline
"""
FEATURES = """
from sklearn.preprocessing import StandardScaler

class Cleaner(StandardScaler):
    pass

def double(X):
    return X * 2
"""


def test_classes_of_main_move_into_a_module(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(NOTEBOOK, encoding="utf-8")
    run(sys.executable, "train.py", cwd=tmp_path)
    inspection = inspect_model(tmp_path / "model.pkl")
    assert inspection.main == ["Cleaner", "double"]
    lines = advice(inspection)
    assert lines is not None
    assert lines.startswith("# Move Cleaner, double into features.py beside validation.py, import it from there")
    (tmp_path / "features.py").write_text(FEATURES, encoding="utf-8")
    (tmp_path / "join.py").write_text(lines, encoding="utf-8")
    run(sys.executable, "-W", "error", "join.py", cwd=tmp_path)
    moved = inspect_model(tmp_path / "model.pipeline.pkl")
    assert (moved.main, moved.custom) == ([], ["features.Cleaner", "features.double"])
    assert (moved.shape.kind, advice(moved)) == ("pipeline", None)


def test_nothing_is_said_of_a_pipeline_and_of_a_dangerous_file(tmp_path: Path) -> None:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, LABELS)
    assert advice(inspect_model(saved(tmp_path, "model.pkl", pipeline))) is None
    (tmp_path / "evil.pkl").write_bytes(planted(tmp_path / "mark"))
    assert advice(inspect_model(tmp_path / "evil.pkl")) is None


@pytest.mark.parametrize("value", ["hello", [1, 2], {"a": LogisticRegression(), "b": LogisticRegression()}])
def test_what_no_few_lines_help_is_told_what_to_do(value: Any, tmp_path: Path) -> None:
    lines = advice(inspect_model(saved(tmp_path, "model.pkl", value)))
    assert lines == "# Put all steps from the raw columns to the prediction into one Pipeline, fit that and pickle it."


def test_a_path_with_quotes_and_spaces_is_printed_so_that_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "mine"'
    folder.mkdir()
    followed(saved(folder, "model v1.pkl", LogisticRegression().fit(NUMBERS, LABELS)))


def test_the_command_prints_the_lines_as_they_run(tmp_path: Path) -> None:
    path = saved(tmp_path, "model.pkl", (vectorizer(), classifier()))
    shown = cli("inspect", str(path)).stdout
    head, _, lines = shown.partition("What makes a Pipeline of it that can be served:\n\n")
    assert "tuple(TfidfVectorizer, LogisticRegression)" in head
    subprocess.run([sys.executable, "-c", lines], check=True, cwd=tmp_path)
    assert inspect_model(renamed(path)).shape.text == "Pipeline(TfidfVectorizer, LogisticRegression)"
