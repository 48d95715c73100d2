"""Ctrl-C while a project trains: one sentence, exit code 130, and a terminal as it was."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.making import write_project
from tests.running import CLI, ROOT, free_port

TOLD = "Training was ended."
SLOW = "import time\nfrom pathlib import Path\nPath(__file__).with_name('begun').touch()\ntime.sleep(60)\n"
IMPORTING = "import slow\n"
HOLDING = """
from commands.training import arguments, holdouts

def train(seed):
    import slow

options = arguments(__doc__)
holdouts(train, seeds=options.seeds)
"""
DEAF = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
import slow
"""


@contextmanager
def training(
    project: Path, train: str, *command: str, output: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A command that has got to what is slow in train.py; it and its children form a group, as on a terminal."""
    write_project(project, "x: float = Field(examples=[1])", {"train.py": train, "slow.py": SLOW})
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background inherit that none comes
    process = subprocess.Popen(
        [*CLI, *(command or ("train",)), "--project", str(project)],
        cwd=ROOT,
        stdout=output,
        stderr=output,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        until = time.monotonic() + 100
        while not (project / "begun").exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("train", [IMPORTING, HOLDING], ids=["importing", "holding out"])
def test_it_ends_with_one_sentence(tmp_path: Path, train: str) -> None:
    with training(tmp_path, train) as process:
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    announced, *rest = told.splitlines()
    assert announced.startswith("Training: python")
    assert rest == [TOLD]


def test_a_demo_that_trains_ends_so_too(tmp_path: Path) -> None:
    with training(tmp_path, HOLDING, "demo", "--port", str(free_port())) as process:
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[-1] == TOLD
    assert "Traceback" not in told


def test_the_cursor_is_shown_again(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    with training(tmp_path, HOLDING, output=its) as process:
        os.close(its)
        shown = b""
        while b"this model is kept" not in shown:
            shown += os.read(ours, 10_000)
        os.killpg(process.pid, signal.SIGINT)
        while True:
            try:
                shown += os.read(ours, 10_000)
            except OSError:  # it has ended
                break
        process.wait(60)
    os.close(ours)
    assert b"\x1b[?25l" in shown
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert TOLD.encode() in shown
    assert b"Traceback" not in shown


def test_a_train_py_that_does_not_listen_is_killed_by_the_second_ctrl_c(tmp_path: Path) -> None:
    with training(tmp_path, DEAF) as process:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(1)
        assert process.poll() is None, "it has some seconds"
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.splitlines()[1:] == [TOLD]
