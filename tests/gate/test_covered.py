"""What the pickle names must come from somewhere: the worker's libraries, the project, requirements.txt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import packaging
import packaging.utils
import packaging.version
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from commands.gate.gate import Gate
from serving.settings import Settings
from tests.gate.conftest import FRAME, only_failure
from tests.making import function_of, write_project

Run = Callable[..., Gate]
SCHEMA = "rooms: int\narea: float"
DOUBLING = "def double(frame):\n    return frame * 2\n"


def doubling(function: Any) -> Any:
    columns = FRAME[["rooms", "area"]]
    pipeline = make_pipeline(FunctionTransformer(), LinearRegression()).fit(columns, FRAME["area"])
    return pipeline.set_params(functiontransformer__func=function)


def test_a_module_of_the_project_is_found(gate: Run, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", SCHEMA, {"features.py": DOUBLING})
    found = gate(doubling(function_of(project, "features", "double")), SCHEMA)
    assert not found.findings.failures
    assert found.tried is not None
    assert found.tried.modules == ["features"]


def test_a_module_that_is_nowhere_is_named_before_anything_is_loaded(gate: Run, tmp_path: Path) -> None:
    project = write_project(tmp_path / "elsewhere", SCHEMA, {"lost_features.py": DOUBLING})
    failure = only_failure(gate(doubling(function_of(project, "lost_features", "double")), SCHEMA))
    assert failure.check == "requirements"
    assert not failure.forceable
    assert failure.message.startswith("The pickle needs the module lost_features: put lost_features.py into ")


def test_what_was_defined_in_train_py_is_told_to_move(gate: Run, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", SCHEMA, {"train.py": DOUBLING})
    failure = only_failure(gate(doubling(function_of(project, "train", "double")), SCHEMA))
    assert failure.message.startswith("The pickle names classes of train.py, which is not served: move them into")


def test_an_installed_package_that_requirements_txt_lacks_comes_with_the_line_to_add(gate: Run) -> None:
    failure = only_failure(gate(doubling(packaging.version.parse), SCHEMA))
    assert failure.message.endswith("requirements.txt what the pickle needs:")
    assert failure.lines == f"packaging=={packaging.__version__}"


def test_the_printed_line_is_enough(gate: Run, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    failure = only_failure(gate(doubling(packaging.utils.canonicalize_version), SCHEMA))
    (tmp_path / "project" / "requirements.txt").write_text(f"# what the model needs\n{failure.lines}\n")
    again = Gate(Settings.read({}, project_dir=tmp_path / "project"), tmp_path / "model.pkl")
    again.run()
    assert all(finding.check != "requirements" for finding in again.findings.failures)


def test_a_requirement_in_a_file_that_is_read_by_the_file_counts(gate: Run, tmp_path: Path) -> None:
    files = {"requirements.txt": "-r more.txt\n", "more.txt": "packaging>=24  # versions\n"}
    found = gate(doubling(packaging.utils.canonicalize_version), SCHEMA, files)
    assert all(finding.check != "requirements" for finding in found.findings.failures)
