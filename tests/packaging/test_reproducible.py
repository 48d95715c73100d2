"""Same input, same sha256; and what did not change is not built again."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from commands.deployment import Deployment
from commands.packaging.archive import write_zip
from commands.packaging.build import build
from commands.packaging.bytecode import compile_below
from commands.packaging.libraries import libraries
from commands.packaging.locked import locked, requirement_list
from commands.packaging.target import Target
from tests.making import write_project
from tests.packaging.conftest import Built
from tests.running import ROOT


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_builds_in_different_folders_give_the_same_bytes(tmp_path: Path) -> None:
    target = Target.here()
    listed = requirement_list(locked("api", target))
    first, _ = libraries("api", listed, target, tmp_path / "one")
    second, _ = libraries("api", listed, target, tmp_path / "another" / "place")
    assert sha256(first) == sha256(second)


def test_bytecode_does_not_depend_on_where_and_when_it_was_made(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        shutil.copytree(ROOT / "worker", folder / "worker", ignore=shutil.ignore_patterns("__pycache__"))
        for path in folder.rglob("*.py"):
            os.utime(path, (len(made), 1_000_000_000))
        compile_below(folder, sourceless=bool(made))
        compile_below(folder, sourceless=False)
        made.append({path.name.split(".")[0]: path.read_bytes() for path in folder.rglob("*.pyc")})
    assert made[0].keys() == made[1].keys()
    assert all(b"/var/task/worker/" in content for content in made[0].values() if len(content) > 1000)
    assert made[0] == made[1]


def test_the_order_and_time_of_files_do_not_show_in_a_zip(tmp_path: Path) -> None:
    for name, order in (("one", ["a.py", "b/c.py"]), ("two", ["b/c.py", "a.py"])):
        for moment, file in enumerate(order):
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {file}")
            path.chmod(0o600 + moment)
        write_zip(tmp_path / f"{name}.zip", tmp_path / name)
    assert sha256(tmp_path / "one.zip") == sha256(tmp_path / "two.zip")


def test_a_changed_project_is_packaged_again_with_the_libraries_kept(
    host: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "project", "size: float")
    deployment = Deployment.read({}, backend="aws", project_dir=project)
    before = sha256(host.package.worker)
    again = build(deployment, host=True, folder=tmp_path / "build")
    said = capsys.readouterr().err
    assert "adding the service" in said
    assert "downloading" not in said
    assert "compiling" not in said
    assert sha256(again.worker) != before
    same = build(Deployment.read({}, backend="aws", project_dir=ROOT), host=True, folder=tmp_path / "build")
    assert sha256(same.worker) == before
