"""Inputs that mean harm, and the service that they are sent to."""

import importlib
import pickle
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
from sklearn.pipeline import Pipeline

from tests.running import Service, running_service

PROJECT = Path(__file__).with_name("project")
EASY = {"CLIENT_TIMEOUT": "2", "MAX_CONNECTIONS": "300"}
"""Settings under which slow clients and many of them are met soon."""
MAY_GROW = 50_000_000
"""Bytes that the API's process may take beyond those of its start, at any moment."""


_WARM: dict[int, int] = {}
"""The memory of each API when it had answered its first requests."""


@dataclass
class Watched:
    """The memory of a process while a block runs."""

    process: psutil.Process
    growth: int = 0
    """The most that there was beyond what it had when the service was warm, bytes."""
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watched":
        self._start = _WARM[self.process.pid]
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.growth = max(self.growth, self.process.memory_info().rss - self._start)


@contextmanager
def echoing_service(folder: Path, **environment: str) -> Iterator[Service]:
    """`cli serve` with a model that answers each text with itself."""
    sys.path.insert(0, str(PROJECT))
    try:
        echo = importlib.import_module("echo").Echo()  # as the service finds it: beside its validation.py
    finally:
        sys.path.remove(str(PROJECT))
    frame = pd.DataFrame({"text": ["a", "b"], "number": [0.0, 1.0], "count": [0, 1]})
    model = folder / "model.pkl"
    model.write_bytes(pickle.dumps(Pipeline([("echo", echo)]).fit(frame)))
    with running_service(folder / "state", project=PROJECT, model=model, environment=environment) as service:
        with service.client() as client:  # what the first requests import and build is no growth
            client.post("/api/predict", json=[{"text": "a"}] * 1_000, headers={"Prefer": "wait=20"}).raise_for_status()
            client.get("/api/info").raise_for_status()
        for process in service.processes("api"):
            _WARM[process.pid] = process.memory_info().rss
        yield service
