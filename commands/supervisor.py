"""Starts the API and the workers, restarts what died, and ends them all together."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from commands.place import Place, ending
from commands.processes import MISCONFIGURED
from serving.errors import ConfigurationError, ServingError
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.environments.environment import Environment

START_SECONDS = 120.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.1


class Supervisor:
    """`run` blocks until a signal comes."""

    def __init__(self, settings: Settings, *, host: str, port: int, workers: int) -> None:
        self._settings = settings.environment()
        self._host = host
        self._port = port
        self._names = [f"worker-{number}" for number in range(1, workers + 1)]
        self._workers: list[Place] = []
        self._api: Place | None = None
        self._stopping = threading.Event()

    def run(self, prepare: "Callable[[], Environment]", on_ready: Callable[[], None]) -> None:
        """Serve what `prepare` provides, under the libraries that it names.

        The processes import this Python's libraries meanwhile: most models need no others, and where one does, new
        workers begin with those. The API, which needs none, listens when a model is loaded.
        Raises ConfigurationError when starting again can't help, ServingError when it can't begin.
        """
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            own = {**os.environ, **self._settings}
            self._workers = [Place(name, own, "worker", name) for name in self._names]
            self._api = Place("the API", own, "api", self._host, str(self._port))
            environment = prepare()
            for worker in self._workers:
                if environment.folder is not None:
                    worker.move({**environment.variables(), **self._settings})
                worker.go()
            self._wait(self._workers[0].ready.is_set, self._first_worker_lives)
            self._api.go()
            self._wait(self._listens, self._api_lives)
            if not self._stopping.is_set():
                on_ready()
            while not self._stopping.wait(LOOK_SECONDS):
                for place in (self._api, *self._workers):
                    place.look()
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
            raise ConfigurationError("" if code in (1, MISCONFIGURED) else f"The worker died: {ending(code)}.")

    def _api_lives(self) -> None:
        code = self._api.process.poll() if self._api else None
        if code is not None:
            raise ServingError(f"The API ended before it listened: {ending(code)}.")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET) as probe:
            probe.settimeout(LOOK_SECONDS)
            return probe.connect_ex((_reachable(self._host), self._port)) == 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _end(self) -> None:
        places = [*([self._api] if self._api else []), *self._workers]
        processes = [place.process for place in places]
        for process in processes:
            process.terminate()
        killing = threading.Timer(STOP_SECONDS, self._kill, (processes,))
        killing.start()
        for process in processes:
            process.wait()
        killing.cancel()

    def _kill(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            process.kill()


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
