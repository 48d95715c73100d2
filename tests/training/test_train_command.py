"""cli train and cli demo run a project's train.py, and say what became of it."""

import json
import os
import pickle
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest

from commands.pickles.inspection import inspect_model
from tests.making import write_project
from tests.running import CLI, ROOT, Service, cli, free_port
from tests.shopping import write_shopping

TRAINING = '''
"""Trains nothing."""
from commands.training import arguments, save

options = arguments(__doc__)
save(options.folder, [options.rows, options.seeds], {"accuracy": 0.5})
'''
SHOPPING = """
import sys
from pathlib import Path

from commands.training import arguments, save
from tests.shopping import USERS, VISITS, shopping_model

options = arguments(__doc__)
save(options.folder, shopping_model(), {})
(options.folder / "features").mkdir(exist_ok=True)
(options.folder / "features" / "users.csv").write_text(USERS)
(options.folder / "features" / "visits.csv").write_text(VISITS)
"""


def project_with(folder: Path, train: str, **modules: str) -> Path:
    return write_project(folder, "x: float = Field(examples=[1])", {"train.py": train, **modules})


def refused(project: Path, *options: str, code: int = 1) -> str:
    ended = cli("train", "--project", str(project), *options, check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr.rpartition("error:")[2]
    return ended.stderr


def test_train_passes_on_what_is_not_its_own_and_works_from_any_folder(tmp_path: Path) -> None:
    project_with(tmp_path / "project", TRAINING)
    ended = cli("train", "--seeds", "2", "--project", "project", "--rows", "500", cwd=tmp_path)
    model = tmp_path / "project" / "build" / "model.pkl"
    assert pickle.loads(model.read_bytes()) == [500, 2]
    assert json.loads(model.with_name("metrics.json").read_text()) == {"accuracy": 0.5}
    assert f"{model}: 0.000 MiB" in ended.stdout


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_train_py_is_all_that_is_asked_of_it(tmp_path: Path, option: str) -> None:
    project = project_with(tmp_path, TRAINING)
    ended = cli("train", "--project", str(project), "--", option)
    assert "usage: train.py [-h] [--rows ROWS] [--seeds SEEDS] [folder]" in ended.stdout
    assert "Trains nothing." in ended.stdout
    assert ended.stderr == ""
    broken = project_with(tmp_path, "raise SystemExit(7)")
    assert cli("train", "--project", str(broken), "--", option, check=False).returncode == 7


def test_train_py_finds_what_a_script_of_its_own_finds(tmp_path: Path) -> None:
    source = """
    import sys
    from pathlib import Path

    import beside
    from commands.training import save

    class Own:
        pass

    found = {"argv": sys.argv, "path": sys.path[0], "file": __file__, "name": __name__, "beside": beside.NAME}
    save(Path(sys.argv[1]), Own(), found)
    """
    project = project_with(tmp_path / "project", source, **{"beside.py": "NAME = __name__"})
    cli("train", "--project", "project", "--trees", "5", cwd=tmp_path)
    script, build = str(project / "train.py"), project / "build"
    assert json.loads((build / "metrics.json").read_text()) == {
        "argv": [script, str(build), "--trees", "5"],
        "path": str(project),
        "file": script,
        "name": "__main__",
        "beside": "beside",
    }
    assert inspect_model(build / "model.pkl").main == ["Own"]


def test_an_error_of_train_py_is_shown_from_train_py_on(tmp_path: Path) -> None:
    project = project_with(tmp_path, "def load():\n    return 1 / 0\n\nload()")
    shown = refused(project).partition("Traceback")[2]
    assert re.findall(r'File "(.*)", line (\d+)', shown) == [
        (str(project / "train.py"), "4"),
        (str(project / "train.py"), "2"),
    ]
    assert "ZeroDivisionError: division by zero" in shown


def test_an_option_that_train_py_does_not_know_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    project = project_with(tmp_path, TRAINING)
    told = refused(project, "--trees", "5", code=2)
    assert "train.py: error: unrecognized arguments: --trees 5" in told
    assert f"error: {project / 'train.py'} failed with exit code 2: see above." in told


def test_what_ended_train_py_is_told(tmp_path: Path) -> None:
    project = project_with(tmp_path, "raise SystemExit(7)")
    assert f"error: {project / 'train.py'} failed with exit code 7: see above." in refused(project, code=7)
    killed = project_with(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "was killed by SIGKILL: is there memory enough?" in refused(killed, code=128 + signal.SIGKILL)


def test_a_train_py_that_writes_no_model_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    project = project_with(tmp_path, TRAINING)
    cli("train", "--project", str(project))
    cli("train", "--project", str(project))  # the same bytes again are a model written
    model = project / "build" / "model.pkl"
    project_with(tmp_path, "print('done')")
    assert f"wrote no {model}: it must write the model into the folder that it is given." in refused(project)
    model.unlink()
    assert f"wrote no {model}" in refused(project)


def test_a_project_without_train_py_is_told_what_to_do(tmp_path: Path) -> None:
    project = write_project(tmp_path, "x: float")
    told = refused(project)
    assert (
        f"error: There is no {project / 'train.py'}: train the model yourself, then `cli serve --model PATH`." in told
    )


def test_train_py_has_the_libraries_that_requirements_ask_for_beside_the_data_stack_of_here(tmp_path: Path) -> None:
    source = """
    import json
    import numpy, pandas, scipy, sklearn, xgboost
    from commands.training import arguments, save

    versions = {each.__name__: each.__version__ for each in (sklearn, numpy, scipy, pandas, xgboost)}
    save(arguments(__doc__).folder, None, {"versions": versions})
    """
    boosters = "xgboost-cpu==3.2.0; sys_platform != 'darwin'\nxgboost==3.2.0; sys_platform == 'darwin'\n"
    project = project_with(tmp_path, source, **{"requirements.txt": boosters})
    cli("train", "--project", str(project))
    stack = {name: metadata.version(name) for name in ("numpy", "scipy", "pandas")}
    found = json.loads((project / "build" / "metrics.json").read_text())["versions"]
    assert found == {**stack, "sklearn": metadata.version("scikit-learn"), "xgboost": "3.2.0"}


def test_a_requirement_that_nobody_has_is_told_before_training(tmp_path: Path) -> None:
    project = project_with(tmp_path, TRAINING, **{"requirements.txt": "xgboost-cpu==0.0.1\n"})
    told = refused(project)
    assert "error: The libraries can't be resolved" in told
    assert "xgboost-cpu==0.0.1" in told
    assert "Training: python" not in told


@contextmanager
def demo(project: Path, state_dir: Path) -> Iterator[Service]:
    port = free_port()
    log_path = state_dir.with_suffix(".log")
    with log_path.open("w") as log:
        command = [*CLI, "demo", "--project", str(project), "--state-dir", str(state_dir), "--port", str(port)]
        environment = {**os.environ, "LOG_LEVEL": "INFO"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, text=True)
    service = Service(process=process, port=port, state_dir=state_dir, log_path=log_path)
    try:
        yield service
    finally:
        service.stop()


def test_a_demo_of_a_project_with_views_looks_up_what_train_py_wrote(tmp_path: Path) -> None:
    project = write_shopping(tmp_path / "project")
    (project / "train.py").write_text(SHOPPING, encoding="utf-8")
    with demo(project, tmp_path / "state") as service:
        service.wait_until_healthy()
        with service.client() as client:
            record = {"user_id": 7, "shop": "north", "amount": 2.5}
            answer = client.post("/api/predict", json=record, headers={"Prefer": "wait=10"}).json()
    assert answer["status"] == "succeeded", answer
    assert answer["result"]["prediction"] == pytest.approx(2.5 + 10 * 3 + 100 * 2)
    assert "users: 2 entities are loaded.\nvisits: 2 entities are loaded.\n" in service.log
    assert "features load" not in service.log, "the example has its features"


def test_a_demo_without_the_features_of_a_view_is_not_served(tmp_path: Path) -> None:
    project = write_shopping(tmp_path / "project")
    (project / "train.py").write_text(SHOPPING.replace("visits.csv", "others.csv"), encoding="utf-8")
    with demo(project, tmp_path / "state") as service:
        assert service.process.wait(60) == 1
        missing = project / "build" / "features" / "visits.csv"
        assert f"error: train.py wrote no {missing}: it must write the features of visits there." in service.log
        assert "Traceback" not in service.log


def test_a_demo_whose_training_fails_ends_with_its_exit_code(tmp_path: Path) -> None:
    project = project_with(tmp_path / "project", "raise SystemExit(7)")
    with demo(project, tmp_path / "state") as service:
        assert service.process.wait(60) == 7
        assert "failed with exit code 7: see above." in service.log
