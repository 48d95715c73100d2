"""Models that must not be loaded, or that die: told with their tag, and nothing that is dangerous is ever run."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.utils import canonicalize_version
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.errors import ModelRefused
from serving.local.connect import connect_local
from serving.manifest import Scan
from serving.settings import Settings
from tests.comparing.replaying import compared, registry, replay
from tests.making import function_of, write_project
from tests.manifests import libraries, manifest_of

SCHEMA = "a: float"
SOUND = make_pipeline(LinearRegression()).fit([[0.0], [1.0]], [0.0, 1.0])


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", SCHEMA)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n2\n")
    return path


def plant(state: Path, project: Path, folder: Path, content: bytes, **changes: Any) -> None:
    """A model that somebody wrote into the registry without the CLI, as v2."""
    path = folder / "planted.pkl"
    path.write_bytes(content)
    backend = connect_local(Settings.read({}, project_dir=project, state_dir=state))
    backend.registry.upload(path, manifest_of(content, tag="v2", project=project, **changes))
    backend.close()


def test_a_dangerous_pickle_is_refused_and_never_run(tmp_path: Path, project: Path, rows: Path) -> None:
    trap = tmp_path / "was-run"
    assert Trap(trap).__reduce__()[0] is Path.touch
    state = registry(tmp_path, project, v1=SOUND)
    scan = Scan(verdict="dangerous", scanner="picklescan 1.0.5")
    plant(state, project, tmp_path, pickle.dumps(Trap(trap)), scan=scan)
    for tags in (("v1", "v2"), ("v2", "v1"), ("v2", "v2")):
        ended = replay(rows, *tags, project=project, state=state, code=1)
        assert "Model v2 is not loaded: picklescan 1.0.5 found code in it" in " ".join(ended.stderr.split())
    assert not trap.exists()


def test_a_manifest_that_calls_a_dangerous_pickle_clean_is_not_believed(
    tmp_path: Path, project: Path, rows: Path
) -> None:
    trap = tmp_path / "was-run"
    state = registry(tmp_path, project, v1=SOUND)
    plant(state, project, tmp_path, pickle.dumps(Trap(trap)))
    ended = replay(rows, "v1", "v2", project=project, state=state, code=1)
    assert "v2 is dangerous and is not loaded" in " ".join(ended.stderr.split())
    assert not trap.exists()


def test_what_a_module_of_the_project_only_imports_is_never_called(tmp_path: Path, rows: Path) -> None:
    trap = tmp_path / "was-run"
    project = write_project(tmp_path / "project", SCHEMA, {"borrowing.py": "from subprocess import Popen\n"})
    state = registry(tmp_path, project, v1=SOUND)
    plant(state, project, tmp_path, f"cborrowing\nPopen\n((Vtouch\nV{trap}\nltR.".encode())
    ended = replay(rows, "v1", "v2", project=project, state=state, code=1)
    assert "Model v2: The pickle is not loaded: it names borrowing.Popen" in " ".join(ended.stderr.split())
    assert not trap.exists()


def test_bytes_that_the_manifest_does_not_name_are_never_run(tmp_path: Path, project: Path, rows: Path) -> None:
    trap = tmp_path / "was-run"
    state = registry(tmp_path, project, v1=SOUND)
    plant(state, project, tmp_path, pickle.dumps(SOUND))
    (state / "models" / "models" / "v2" / "model.pkl").write_bytes(pickle.dumps(Trap(trap)))
    ended = replay(rows, "v1", "v2", project=project, state=state, code=1)
    assert "The model file of v2 is not the one that was uploaded" in ended.stderr
    assert not trap.exists()


def test_versions_that_can_not_be_had_are_told_with_the_tag(tmp_path: Path, project: Path, rows: Path) -> None:
    state = registry(tmp_path, project, v1=SOUND)
    plant(state, project, tmp_path, pickle.dumps(SOUND), libraries=libraries(scikit_learn="1.3.2"))
    ended = replay(rows, "v1", "v2", project=project, state=state, code=1)
    assert "Model v2: " in ended.stderr
    assert "1.3.2" in ended.stderr


def test_a_model_that_does_not_fit_the_schema_is_named(tmp_path: Path, project: Path) -> None:
    wide = make_pipeline(LinearRegression()).fit([[0.0, 1.0], [1.0, 1.0]], [0.0, 1.0])
    with pytest.raises(ModelRefused, match=r"^Model v2: The model was fitted on 2 columns"):
        compared(tmp_path, project, [{"a": 1.0}], {}, v1=SOUND, v2=wide)


DEADLY = """
import os


def deadly(rows):
    if (rows > 1500).any():
        print("it is too much", flush=True)
        os._exit(7)
    return rows
"""


def test_a_model_that_dies_is_told_with_its_tag_and_rows(tmp_path: Path) -> None:
    project = write_project(tmp_path / "deadly", SCHEMA, {"deadly_steps.py": DEADLY})
    step = FunctionTransformer(function_of(project, "deadly_steps", "deadly"))
    deadly = make_pipeline(step, LinearRegression()).fit(np.array([[0.0], [1.0]]), [0.0, 1.0])
    rows = [{"a": float(place)} for place in range(2_500)]
    with pytest.raises(ModelRefused) as refused:
        compared(tmp_path, project, rows, {}, v1=SOUND, v2=deadly)
    assert "Model v2, rows 1,001 to 2,000: The process" in str(refused.value)
    assert "exit code 7" in str(refused.value)
    assert "it is too much" in str(refused.value)


def test_names_that_neither_the_project_nor_requirements_txt_vouches_for_are_never_run(
    tmp_path: Path, project: Path, rows: Path
) -> None:
    state = registry(tmp_path, project, v1=SOUND)
    plant(state, project, tmp_path, pickle.dumps([SOUND, canonicalize_version]))
    ended = replay(rows, "v1", "v2", project=project, state=state, code=1)
    assert "requirements.txt what the pickle needs" in " ".join(ended.stderr.split())
