"""Runs one of our functions in a child process under a model's own libraries, and passes on what it yields."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from commands.environments.environment import Environment
from serving.errors import ModelRefused

SHOWN = 5
"""Lines that a child which died leaves behind."""
KILLED = -9
"""How a process ends that the system kills for want of memory; Windows has no name for it."""


def run(
    environment: Environment,
    module: str,
    function: str,
    argument: Mapping[str, Any],
    *,
    seconds: float | None = None,
) -> Iterator[Any]:
    """The answers of `module.function(argument)`, as they come.

    Raises ModelRefused with what the function refuses, or how its process died; after `seconds` it is killed.
    """
    versions = {name: library.version for name, library in environment.libraries.items()}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            # -P: what lies in the working directory must not stand before our modules and the model's libraries.
            [sys.executable, "-P", "-m", "commands.trial.child", module, function, json.dumps(versions)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment.variables(),
        ) as process,
        _ended_after(process, seconds) as late,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has died before it read its argument: how is told below
            process.stdin.write(json.dumps(argument).encode())
            process.stdin.close()
        yield from _answers(process.stdout)
        code = process.wait()
        if late.is_set():
            raise ModelRefused(f"The model was not loaded and tried within {seconds:g} seconds.")
        if code:
            said.seek(0)
            raise ModelRefused(_death(code, said.read().decode(errors="replace")))


@contextmanager
def _ended_after(process: subprocess.Popen[bytes], seconds: float | None) -> Iterator[threading.Event]:
    """The process ends with the block, or after `seconds`: then the event is set."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(threading.TIMEOUT_MAX if seconds is None else seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        process.kill()  # nothing, where it has ended by itself


def _answers(lines: IO[bytes]) -> Iterator[Any]:
    for line in lines:
        if not line.endswith(b"\n"):
            return  # it has died in the middle of it
        answer = json.loads(line)
        if isinstance(answer, dict) and "refused" in answer:
            raise ModelRefused(answer["refused"])
        yield answer


def _death(code: int, said: str) -> str:
    if said.startswith("Timeout (") or "\nTimeout (" in said:  # faulthandler's words
        return "The model did not finish in time."
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    lines = [line for line in said.splitlines() if line.strip()][-SHOWN:]
    more = "".join(f"\n  {line}" for line in lines)
    memory = " It may need more memory than this machine has." if code == KILLED else ""
    return f"The process that loads the model {how}.{memory}{more}"
