"""Starts the API and the workers, restarts a worker that died, and ends them all together."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from commands.processes import GO, MISCONFIGURED, READY
from serving.errors import ConfigurationError, ServingError
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.environments.environment import Environment

logger = logging.getLogger(__name__)

START_SECONDS = 120.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.1
LONGEST_PAUSE = 30.0


class Worker:
    """One worker's place: the process that fills it, and when the next one may be started."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.name = name
        self._environment = environment
        self._deaths = 0
        self._start()

    def go(self) -> None:
        """Let it load the model."""
        _go(self.process)

    def move(self, environment: dict[str, str]) -> None:
        """Let another process, with other libraries, take the place of one that was not told to go yet."""
        self.process.terminate()
        self.process.wait()
        self._environment = environment
        self._start()

    def _start(self) -> None:
        self.process = _start(self._environment, "worker", self.name)
        self.started_at = time.monotonic()
        self.ready = threading.Event()
        self._start_at: float | None = None
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def look(self) -> None:
        """Start anew what has died, at once the first time and later each time after. Raises ConfigurationError."""
        code = self.process.poll()
        if code is None:
            return
        if self._start_at is None:
            if code == MISCONFIGURED:
                raise ConfigurationError("the worker can't run with this project or model: see above.")
            lived = time.monotonic() - self.started_at
            self._deaths = 0 if lived > 2 * LONGEST_PAUSE else self._deaths + 1
            pause = 0.0 if self._deaths <= 2 else min(2.0 ** (self._deaths - 3), LONGEST_PAUSE)
            logger.error("%s died (%s) and is started again in %.0f s", self.name, _ending(code), pause)
            self._start_at = time.monotonic() + pause
        if time.monotonic() >= self._start_at:
            self._start()
            self.go()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line == READY:
                self.ready.set()


class Supervisor:
    """`run` blocks until the API ends or a signal comes."""

    def __init__(self, settings: Settings, *, host: str, port: int, workers: int) -> None:
        self._settings = settings.environment()
        self._host = host
        self._port = port
        self._names = [f"worker-{number}" for number in range(1, workers + 1)]
        self._workers: list[Worker] = []
        self._api: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def run(self, prepare: "Callable[[], Environment]", on_ready: Callable[[], None]) -> None:
        """Serve what `prepare` provides, under the libraries that it names.

        The processes import this Python's libraries meanwhile: most models need no others, and where one does, new
        workers begin with those. The API, which needs none, listens when a model is loaded.
        Raises ConfigurationError before anything listens, ServingError when the API dies.
        """
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            own = {**os.environ, **self._settings}
            self._workers = [Worker(name, own) for name in self._names]
            self._api = _start(own, "api", self._host, str(self._port))
            environment = prepare()
            for worker in self._workers:
                if environment.folder is not None:
                    worker.move({**environment.variables(), **self._settings})
                worker.go()
            self._wait(self._workers[0].ready.is_set, self._first_worker_lives)
            _go(self._api)
            self._wait(self._listens, self._api_lives)
            if not self._stopping.is_set():
                on_ready()
            while not self._stopping.wait(LOOK_SECONDS):
                self._api_lives()
                for worker in self._workers:
                    worker.look()
        finally:
            self._end()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _wait(self, reached: Callable[[], bool], alive: Callable[[], None]) -> None:
        until = time.monotonic() + START_SECONDS
        while not reached() and not self._stopping.wait(LOOK_SECONDS / 2):
            alive()
            if time.monotonic() > until:
                raise ServingError(f"Not ready after {START_SECONDS:.0f} seconds.")

    def _first_worker_lives(self) -> None:
        code = self._workers[0].process.poll()
        if code is not None:
            raise ConfigurationError("" if code in (1, MISCONFIGURED) else f"The worker died: {_ending(code)}.")

    def _api_lives(self) -> None:
        assert self._api is not None
        code = self._api.poll()
        if code is not None:
            raise ServingError(
                f"The API process ended ({_ending(code)}), so everything ends: nothing accepted is lost."
            )

    def _listens(self) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET) as probe:
            probe.settimeout(LOOK_SECONDS)
            return probe.connect_ex((_reachable(self._host), self._port)) == 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _end(self) -> None:
        processes = [worker.process for worker in self._workers]
        if self._api is not None:
            processes.insert(0, self._api)
        for process in processes:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def check_port(host: str, port: int) -> None:
    """Raises ConfigurationError that says what to do when the port can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"{host}:{port} can't be had ({error.strerror}): end what uses it, or choose another port with --port."
            ) from error


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # what the user asked for


def _start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "commands.processes", *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if arguments[0] == "worker" else None,
        start_new_session=True,
    )


def _go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(GO)
        process.stdin.flush()
    except BrokenPipeError:  # it has died; whoever looks at it says how
        return


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
