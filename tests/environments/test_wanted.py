"""Which versions a pickle is to run under: its own, this machine's, or those that go with them."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from commands.environments.distributions import distributions_of, libraries_in
from commands.environments.environment import environment_for, environment_of
from commands.environments.wanted import are_here, libraries_of
from commands.packaging.extras import Extras
from commands.packaging.target import Target
from commands.pickles.inspection import Inspection, inspect_model
from serving.errors import ConfigurationError, ModelRefused, ProjectError
from tests.making import pickled
from tests.manifests import libraries, manifest_of
from worker.libraries import DATA_STACK, check_versions

HERE = {name: metadata.version(name) for name in DATA_STACK}


@cache
def inspection() -> Inspection:
    with tempfile.TemporaryDirectory() as folder:
        fitted = make_pipeline(StandardScaler(), LinearRegression()).fit([[1.0], [2.0]], [1.0, 2.0])
        return inspect_model(pickled(Path(folder) / "model.pkl", fitted))


def read(**changes: Any) -> Inspection:
    """What the static reading of a pickle of this machine tells, with changes."""
    return replace(inspection(), **changes)


def asks(project: Path, *lines: str) -> Path:
    (project / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return project


@pytest.fixture
def booster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has xgboost-cpu 3.0.5, as far as its metadata tell."""
    info = tmp_path / "site" / "xgboost_cpu-3.0.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xgboost-cpu\nVersion: 3.0.5\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def test_what_has_to_be_installed_is_said_as_whoever_asks_for_it_wrote_it(tmp_path: Path) -> None:
    older = {"scikit-learn": "1.5.2", "numpy": HERE["numpy"]}
    assert Extras.read(tmp_path, Target.here()).reason(older) == "what the model was made with (scikit-learn 1.5.2)"
    asks(tmp_path, "xgboost-cpu==3.2.0; sys_platform != 'none'", "xgboost; sys_platform == 'none'", "rich >= 14")
    told = "what requirements.txt asks for (xgboost-cpu 3.2.0, rich >=14)"
    assert Extras.read(tmp_path, Target.here()).reason(older) == told
    asks(tmp_path, "a", "b", "c", "d")
    assert Extras.read(tmp_path, Target.here()).reason({}) == "what requirements.txt asks for (a, b, c …)"


def test_a_pickle_of_this_machines_versions_runs_under_this_python(tmp_path: Path) -> None:
    found = environment_for(tmp_path, read())
    assert found.folder is None
    assert {name: library.version for name, library in found.libraries.items()} == HERE
    assert {name: library.read_from for name, library in found.libraries.items()} == {
        "scikit-learn": "file",
        **dict.fromkeys(("numpy", "scipy", "pandas"), "machine"),
    }
    assert environment_of(tmp_path, HERE).folder is None


def test_another_scikit_learn_is_read_from_the_file_and_the_rest_is_resolved(tmp_path: Path) -> None:
    found = libraries_of(tmp_path, read(versions={"scikit-learn": "1.5.2"}))
    assert found["scikit-learn"].version == "1.5.2"
    assert found["scikit-learn"].read_from == "file"
    assert {found[name].read_from for name in ("numpy", "scipy", "pandas")} == {"resolved"}
    assert found["numpy"].version.startswith(("2.0.", "2.1."))


def test_a_model_for_lambda_gets_versions_that_lambda_can_have(tmp_path: Path) -> None:
    target = Target(python="3.13", architecture="arm64")
    found = libraries_of(tmp_path, read(versions={"scikit-learn": "1.7.2"}), target)
    assert found["scikit-learn"].version == "1.7.2"
    assert found["pandas"].version.startswith("2.")


@pytest.mark.parametrize("version", ["1.3.2", "1.4.2", "0.24.1"])
def test_a_scikit_learn_that_is_too_old_is_refused_with_the_command_that_helps(version: str, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=rf"model.pkl was made with scikit-learn {version}, and models of 1.5") as e:
        environment_for(tmp_path, read(versions={"scikit-learn": version}))
    assert f'`pip install "scikit-learn=={HERE["scikit-learn"]}"' in str(e.value)


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="names 'latest' as its scikit-learn, which is no version"):
        libraries_of(tmp_path, read(versions={"scikit-learn": "latest"}))


def test_the_projects_modules_and_what_scikit_learn_brings_are_no_libraries(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").touch()
    (tmp_path / "rich").mkdir()
    imports = ("httpx", "joblib", "rich", "sklearn", "threadpoolctl", "nobody_knows_it", "worker")
    assert libraries_in(tmp_path, imports, asked=()) == list(DATA_STACK)
    assert libraries_in(tmp_path / "elsewhere", imports, asked=()) == [*DATA_STACK, "httpx", "rich"]


def test_a_library_has_the_name_that_requirements_or_this_machine_have(tmp_path: Path) -> None:
    assert libraries_in(tmp_path, ["xgboost"], asked={"xgboost"})[-1] == "xgboost"
    assert libraries_in(tmp_path, ["xgboost"], asked={"xgboost-cpu"})[-1] == "xgboost-cpu"
    assert libraries_in(tmp_path, ["yaml"], asked=()) == list(DATA_STACK), "the worker carries it"
    assert libraries_in(tmp_path, ["imblearn"], asked={"imbalanced-learn"})[-1] == "imbalanced-learn"
    assert "pillow" in distributions_of("PIL"), "matplotlib brings it"


@pytest.mark.parametrize(
    ("lines", "here"),
    [
        (("httpx>=0.28", "numpy>=2  # of today"), True),
        (("nobody-has-this; sys_platform == 'nowhere'",), True),
        (("httpx<0.1",), False),
        (("nobody-has-this",), False),
        (("-r more.txt",), False),
    ],
)
def test_this_python_will_do_only_if_it_has_what_requirements_ask_for(
    lines: Sequence[str], here: bool, tmp_path: Path
) -> None:
    assert are_here(asks(tmp_path, *lines), HERE) is here


def test_this_python_will_not_do_for_other_versions(tmp_path: Path) -> None:
    assert are_here(tmp_path, HERE)
    assert not are_here(tmp_path, {**HERE, "pandas": "2.2.3"})
    assert not are_here(tmp_path, {**HERE, "nobody-has-this": "1.0"})


def test_an_extra_that_is_not_installed_here_is_resolved_with_the_pickles_own_scikit_learn(tmp_path: Path) -> None:
    asks(tmp_path, "humanize>=4")
    found = libraries_of(tmp_path, read(imports=("sklearn", "humanize")))
    assert found["scikit-learn"].version == HERE["scikit-learn"]
    assert found["humanize"].read_from == "resolved"
    assert libraries_of(tmp_path, read())["numpy"].read_from == "resolved", "though the pickle does not name it"


def test_requirements_in_another_encoding_are_one_message(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("httpx\n", encoding="utf-16")
    with pytest.raises(ProjectError, match=r"requirements\.txt is not UTF-8"):
        libraries_of(tmp_path, read())


def test_requirements_that_do_not_go_with_the_model_say_so(tmp_path: Path) -> None:
    asks(tmp_path, "numpy<2")
    with pytest.raises(ConfigurationError, match=r"numpy<2.*Change requirements\.txt"):
        libraries_of(tmp_path, read(versions={"scikit-learn": "1.5.2"}))


@pytest.mark.usefixtures("booster")
@pytest.mark.parametrize("name", ["xgboost", "xgboost-cpu"])
def test_a_booster_of_either_name_serves(name: str, tmp_path: Path) -> None:
    assert are_here(asks(tmp_path, name), {**HERE, name: "3.0.5"})
    manifest = manifest_of(b"", libraries=libraries(**{**HERE, name: "3.0.5"}))
    assert check_versions(manifest) is None
    assert "xgboost" in str(check_versions(manifest_of(b"", libraries=libraries(**{name: "3.0.6"}))))


def test_a_model_of_other_versions_says_which_and_who_brings_them() -> None:
    assert check_versions(manifest_of(b"")) is None
    others = libraries(scikit_learn="1.5.2", numpy=HERE["numpy"], pandas="2.2.3", lightgbm="4.6.0")
    assert check_versions(manifest_of(b"", tag="v2", libraries=others)) == (
        f"Model v2 needs scikit-learn 1.5.2, pandas 2.2.3 and lightgbm 4.6.0, and this worker has "
        f"{HERE['scikit-learn']}, {HERE['pandas']} and no lightgbm: `cli serve`, started again, brings what it needs; "
        "on AWS `cli deploy --tag v2` does."
    )
