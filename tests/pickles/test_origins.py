"""What a module of the project only imports is not loaded from it, however honest its name looks to the scan."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from commands.environments.environment import Environment
from commands.fitted.origins import check_origins
from commands.pickles.inspection import check_safe, inspect_model
from commands.trial.trial import Tried, try_model
from serving.errors import ModelRefused
from serving.settings import Settings
from tests.making import function_of, write_project

HERE = Environment(folder=None, libraries={})
MODULES = {
    "borrowing.py": """
        from pathlib import Path
        from subprocess import Popen, run
        from scipy.stats import rv_continuous
        import os
        def halved(frame):
            return frame / 2
        class Own(rv_continuous):
            pass
    """
}


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def named(name: str) -> bytes:
    return text("borrowing") + text(name) + b"\x93"


def tried(folder: Path, content: bytes) -> Tried:
    """As check and upload try it, for a project with MODULES."""
    project = write_project(folder / "project", "a: float", MODULES)
    (project / "example.json").write_text('{"a": 1.0}')
    path = folder / "model.pkl"
    path.write_bytes(content)
    inspection = inspect_model(path)
    check_safe(inspection)  # names alone don't give it away
    return try_model(Settings.read({}, project_dir=project), inspection, HERE)


def honest(folder: Path) -> bytes:
    project = write_project(folder / "project", "a: float", MODULES)
    halved = function_of(project, "borrowing", "halved")
    model = make_pipeline(FunctionTransformer(halved), LinearRegression())
    return pickle.dumps(model.fit(np.array([[0.0], [1.0]]), [0.0, 2.0]))


def test_a_function_of_the_module_itself_is_loaded(tmp_path: Path) -> None:
    assert tried(tmp_path, honest(tmp_path)).answer == {"prediction": pytest.approx(2.0)}


def test_a_class_that_is_imported_there_is_never_called(tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    evil = b"\x80\x04" + named("Popen") + b"(" + text("touch") + text(str(mark)) + b"l\x85R."
    with pytest.raises(ModelRefused, match=r"names borrowing\.Popen, which is only imported in borrowing \(from subp"):
        tried(tmp_path, evil)
    assert not mark.exists()
    assert function_of(tmp_path / "project", "borrowing", "Popen")
    with pickle.loads(evil) as process:  # what it would do
        process.wait()
    assert mark.exists()


def test_a_module_that_comes_with_another_may_not_be_there_yet() -> None:
    check_origins([("_loss", "CyHalfPoissonLoss"), ("sklearn.pipeline", "Pipeline")])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("run", "only imported in borrowing"),
        ("Path.touch", "only imported in borrowing"),
        ("os", "only imported in borrowing"),
        ("Own", "runs text that it is saved with"),
        ("Missing", "needs a class or function that is not there"),
    ],
)
def test_what_the_module_did_not_make_is_refused_by_its_name(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=why):
        tried(tmp_path, b"\x80\x04" + named(name) + b".")
