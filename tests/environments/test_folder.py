"""Folders of libraries: made once and whole, by however many processes, and not for ever."""

import os
import subprocess
import sys
from collections.abc import Callable
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


def test_what_is_installed_is_said_once_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        installed_folder(SMALL, tmp_path, "what requirements.txt asks for (threadpoolctl)")
    said = capsys.readouterr().err
    assert said.startswith(f"installing what requirements.txt asks for (threadpoolctl) into {tmp_path}: ")
    assert said.count("\n") == 1


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


def spoilt(folder: Path) -> None:
    (folder / "threadpoolctl.py").unlink()


def cut_short(folder: Path) -> None:
    file = folder / "threadpoolctl.py"
    text = file.read_text()[:100]
    file.unlink()  # uv's cache may have the same file under another name
    file.write_text(text)


def without_its_end(folder: Path) -> None:
    (folder / "contents.json").unlink()


def half_listed(folder: Path) -> None:
    os.truncate(folder / "contents.json", 20)


@pytest.mark.parametrize("harm", [spoilt, cut_short, without_its_end, half_listed])
def test_a_folder_that_is_not_whole_is_made_anew(harm: Callable[[Path], None], tmp_path: Path) -> None:
    folder = installed_folder(SMALL, tmp_path)
    size = (folder / "threadpoolctl.py").stat().st_size
    harm(folder)
    assert installed_folder(SMALL, tmp_path) == folder
    assert (folder / "threadpoolctl.py").stat().st_size == size
    assert not list(tmp_path.glob("making-*"))


def test_a_whole_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = installed_folder(SMALL, tmp_path)
    (folder / "__pycache__" / "new.pyc").touch()
    made = folder.stat().st_ino
    assert installed_folder(SMALL, tmp_path).stat().st_ino == made


def test_a_folder_that_a_living_process_uses_stays_however_many_are_newer(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from commands.environments.folder import installed_folder as made\n"
        "print(made(sys.argv[1], Path(sys.argv[2])), flush=True); sys.stdin.read()"
    )
    other = f"{LOCK['joblib'].line}\n"
    command = [sys.executable, "-c", code, SMALL, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        folder = Path(user.stdout.readline().strip())
        os.utime(folder, (1e9, 1e9))
        for number in range(KEPT + 1):
            (tmp_path / "environments" / f"newer-{number}").mkdir()
        installed_folder(other, tmp_path)
        assert (folder / "threadpoolctl.py").is_file()
        user.communicate()
    installed_folder(other, tmp_path)
    assert not folder.exists(), "nobody uses it any more"
    assert len(list((tmp_path / "uses").iterdir())) == 1, "nor does its lock file stay"


def test_what_a_killed_process_left_half_made_goes_after_an_hour(tmp_path: Path) -> None:
    old, new = tmp_path / "making-old", tmp_path / "making-new"
    for folder in (old, new):
        (folder / "libraries").mkdir(parents=True)
    os.utime(old, (1e9, 1e9))
    installed_folder(SMALL, tmp_path)
    assert not old.exists()
    assert new.exists(), "somebody may be at it"


def test_a_folder_that_vanishes_meanwhile_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "vanished").symlink_to(tmp_path / "nowhere")
    assert installed_folder(SMALL, tmp_path).is_dir()


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
