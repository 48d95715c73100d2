"""A command that is forked from a warm process is what a cold one is."""

import os
import sys
from pathlib import Path

import pytest

from tests.running import CLI, ROOT, cli, run
from tests.warm import Warm, fork_of


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "--help"],
        ["check", "--nothing"],
        ["list-objects", "none"],
        ["inspect", "no.pkl"],
        ["delete-bucket", "my-bucket"],
    ],
    ids=" ".join,
)
def test_it_says_the_same_and_ends_with_the_same_code(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "no.pkl").write_bytes(b"no pickle")
    environment = {**os.environ, "BUCKET": "", "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    cold = run(*CLI, *arguments, check=False, cwd=tmp_path, env=environment, input="")
    forked = cli(*arguments, check=False, cwd=tmp_path, env=environment)
    assert (forked.returncode, forked.stdout, forked.stderr) == (cold.returncode, cold.stdout, cold.stderr)
    assert cold.stdout + cold.stderr


def test_what_is_read_while_libraries_are_imported_starts_a_cold_one() -> None:
    if sys.platform != "darwin":
        assert isinstance(fork_of({**os.environ, "BUCKET": "another"}), Warm)
    assert fork_of(os.environ) is fork_of({**os.environ, "TERMINAL_WIDTH": "80"})
    assert fork_of({**os.environ, "PYTHONPATH": str(ROOT)}) is None
    assert fork_of({**os.environ, "COLUMNS": "40"}) is None
