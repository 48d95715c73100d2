"""Folders of libraries: made once and whole, by however many processes, and not for ever."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commands.environments.environment import Environment
from commands.environments.folder import KEPT, installed_folder
from commands.packaging.locked import locked
from commands.packaging.target import Target
from serving.errors import ConfigurationError
from tests.running import run

LOCK = locked("worker", Target.here())
SMALL = f"{LOCK['threadpoolctl'].line}\n{LOCK['typing-extensions'].line}\n"


def test_a_folder_is_made_once_however_many_want_it_and_without_what_the_api_runs_on(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        folders = set(threads.map(lambda _: installed_folder(SMALL, tmp_path), range(4)))
    (folder,) = folders
    assert list((tmp_path / "environments").iterdir()) == [folder]
    assert not list(tmp_path.glob("making-*"))
    assert (folder / "threadpoolctl.py").is_file()
    assert list(folder.glob("__pycache__/threadpoolctl.*.pyc")), "it is compiled"
    assert not list(folder.glob("typing_extensions*")), "the API's own must be the worker's"


def test_what_can_not_be_installed_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="other files than"):
        installed_folder(f"threadpoolctl=={LOCK['threadpoolctl'].version} --hash=sha256:{'0' * 64}\n", tmp_path)
    assert not list((tmp_path / "environments").iterdir())
    assert not list(tmp_path.glob("making-*"))


def test_the_folders_that_were_used_longest_ago_go(tmp_path: Path) -> None:
    others = [tmp_path / "environments" / f"old-{number}" for number in range(KEPT)]
    for age, other in enumerate(reversed(others)):
        other.mkdir(parents=True)
        os.utime(other, (1e9 - age, 1e9 - age))
    folder = installed_folder(SMALL, tmp_path)
    assert folder.is_dir()
    assert [other.is_dir() for other in others] == [False] + [True] * (KEPT - 1)


def test_a_process_under_an_environment_finds_its_libraries_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    folder = tmp_path / "theirs"
    for place in (folder, tmp_path / "mine"):
        place.mkdir()
        (place / "threadpoolctl.py").write_text(f"place = {place.name!r}")
    (tmp_path / "mine" / "another.py").write_text("place = 'another'")
    code = "import threadpoolctl, another; print(threadpoolctl.place, another.place)"
    command = (sys.executable, "-P", "-c", code)
    environment = Environment(folder=folder, libraries={})
    assert run(*command, env=environment.variables()).stdout.split() == ["theirs", "another"]
    own = Environment(folder=None, libraries={})
    assert run(*command, env=own.variables()).stdout.split() == ["mine", "another"]
