"""A model is tried under the libraries that are meant, and under no others that Python happens to find."""

import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from commands.environments.environment import Environment
from commands.trial.process import run
from serving.errors import ModelRefused
from tests.manifests import libraries
from tests.running import cli
from worker.libraries import DATA_STACK

HERE = {name: metadata.version(name) for name in DATA_STACK}


def told(folder: Path | None = None, versions: Mapping[str, str] = HERE) -> list[object]:
    """What a child process that is to run under these versions answers."""
    return list(run(Environment(folder=folder, libraries=libraries(**versions)), "builtins", "iter", {"fine": 1}))


def put(folder: Path, module: str, code: str) -> Path:
    (folder / module).parent.mkdir(parents=True, exist_ok=True)
    (folder / module).write_text(code)
    return folder


def test_the_libraries_that_are_meant_are_no_obstacle() -> None:
    assert told() == ["fine"]
    assert told(versions={"httpx": metadata.version("httpx")}) == ["fine"]


def test_metadata_without_its_module_do_not_pass_for_the_version_that_is_meant(tmp_path: Path) -> None:
    info = "scipy-1.16.3.dist-info/METADATA"
    put(tmp_path, info, "Metadata-Version: 2.1\nName: scipy\nVersion: 1.16.3\n")
    with pytest.raises(ModelRefused, match=f"under scipy .*, and Python finds scipy {HERE['scipy']} in .* again"):
        told(tmp_path, {"scipy": "1.16.3"})


def test_another_library_of_another_version_is_refused() -> None:
    with pytest.raises(ModelRefused, match=r"under lightgbm 1.0, and Python finds no lightgbm: install lightgbm"):
        told(versions={"lightgbm": "1.0"})


@pytest.mark.parametrize(
    ("module", "code", "said"),
    [
        ("sklearn/__init__.py", "", "Python finds no scikit-learn in {}"),
        ("sklearn/__init__.py", "__version__ = '0.1'", "Python finds scikit-learn 0.1 in {}"),
        ("sklearn.py", "raise KeyError('mine')", "what is in {} in its place can't be imported ('mine')"),
        ("numpy/__init__.py", "import nothing", "under numpy"),
    ],
)
def test_a_module_that_pythonpath_puts_before_a_library_is_one_sentence_that_names_it(
    module: str, code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(put(tmp_path, module, code)))
    with pytest.raises(ModelRefused) as raised:
        told()
    assert said.format(tmp_path) in str(raised.value)
    assert str(raised.value).endswith(": take that folder out of PYTHONPATH.")
    assert "\n" not in str(raised.value)


def test_check_says_so_without_a_traceback(tmp_path: Path, iris_model: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(put(tmp_path, "sklearn/__init__.py", "import nothing"))}
    finished = cli("check", "--model", str(iris_model), env=environment, check=False)
    assert finished.returncode == 1
    assert "Traceback" not in finished.stdout + finished.stderr
    assert f"what is in {tmp_path} in its place can't be imported (No module named 'nothing')" in finished.stdout
