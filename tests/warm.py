"""Starts `cli` as a fork of a process that has imported it already: a command costs 0.05 s of CPU instead of 0.35.

Each is a process of its own, with its own arguments, environment, folder, output and end; only what depends on none
of these is shared. What Python, or a library when it is imported, reads of the environment starts a cold one.
"""

import atexit
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
RESOLVER = str(ROOT / "tests" / "aws" / "resolver")
READ_AT_IMPORT = re.compile(r"PYTHON|LC_|LANG|TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|TTY_|JUPYTER|_TYPER")
PRELOADED = ("boto3", "email.message", "httpx", "packaging.requirements", "picklescan.scanner", "sqlite3")


def read_at_import(environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in environment.items() if READ_AT_IMPORT.match(name)}
    return {"TERMINAL_WIDTH": "80", **found}  # cli.py's own default: whoever imports it has set it


HERE = read_at_import(os.environ)


class Warm:
    """A process with everything imported, and the socket on which it is asked for forks, one at a time."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._ours, theirs = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        kept = {name: value for name, value in os.environ.items() if not READ_AT_IMPORT.match(name)}
        command = [sys.executable, "-m", "tests.warm", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=ROOT, env={**kept, **variables}, pass_fds=[theirs.fileno()])
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        """It ends when nobody can ask any more."""
        self._ours.close()
        self._process.wait()

    def run(
        self, arguments: list[str], cwd: Path, environment: Mapping[str, str], files: list[IO[bytes]], seconds: float
    ) -> int:
        """The exit code, as subprocess has it. Raises TimeoutExpired."""
        request = json.dumps({"arguments": arguments, "cwd": str(cwd), "environment": dict(environment)}).encode()
        with self._one_at_a_time:
            socket.send_fds(self._ours, [len(request).to_bytes(8)], [file.fileno() for file in files])
            self._ours.sendall(request)
            process_id = self._number()
            self._ours.settimeout(seconds)
            try:
                return self._number()
            except TimeoutError as error:
                os.kill(process_id, signal.SIGKILL)
                self._ours.settimeout(None)
                self._number()
                raise subprocess.TimeoutExpired(["cli", *arguments], seconds) from error
            finally:
                self._ours.settimeout(None)

    def _number(self) -> int:
        found = self._ours.recv(8, socket.MSG_WAITALL)
        if len(found) < 8:
            raise AssertionError("the process that commands are forked from has ended")
        return int.from_bytes(found, signed=True)


@cache
def warm(resolving: bool) -> Warm:
    """The one that this process asks; or the other one, that knows the names of the emulated AWS."""
    return Warm({**HERE, "PYTHONPATH": RESOLVER} if resolving else HERE)


def fork_of(environment: Mapping[str, str]) -> Warm | None:
    """The process to fork for a command with this environment; None where it has to start cold."""
    if sys.platform in {"darwin", "win32"}:  # the one's system libraries forbid to go on in a fork, the other has none
        return None
    asked = read_at_import(environment)
    if asked == HERE:
        return warm(False)
    return warm(True) if asked == {**HERE, "PYTHONPATH": RESOLVER} else None


def run_warm(
    process: Warm, arguments: list[str], *, cwd: Path, environment: Mapping[str, str], text: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """As subprocess.run does it, output captured."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(text.encode())
        given.seek(0)
        code = process.run(arguments, cwd, environment, [given, out, err], seconds)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["cli", *arguments], code, out.read().decode(), err.read().decode())


def serve(place: socket.socket) -> None:
    """Fork for each request; returns in the fork, where it is `cli` that goes on."""
    while True:
        size, files, _, _ = socket.recv_fds(place, 8, 3)
        if not size:
            os._exit(0)  # nobody can ask any more
        request = json.loads(place.recv(int.from_bytes(size), socket.MSG_WAITALL))
        child = os.fork()
        if not child:
            place.close()
            become(request, files)
            return
        for file in files:
            os.close(file)
        place.sendall(child.to_bytes(8, signed=True))
        _, status = os.waitpid(child, 0)
        place.sendall(os.waitstatus_to_exitcode(status).to_bytes(8, signed=True))


def become(request: Mapping[str, Any], files: list[int]) -> None:
    """What `python -m cli` finds when it starts."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    tempfile.tempdir = None
    sys.path[0] = request["cwd"]
    sys.argv = [str(ROOT / "cli.py"), *request["arguments"]]
    sys.modules["__main__"] = sys.modules["cli"]


if __name__ == "__main__":
    import cli

    for name in PRELOADED:
        __import__(name)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as place:
        serve(place)
    cli.main()
