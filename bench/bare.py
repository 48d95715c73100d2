"""The least that a prediction costs: DataFrame(records) and predict_proba, in a process that waits in between.

python -m bench.bare MODEL      reads how many rows and how often, writes what that took, until its stdin ends
"""

import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from bench.adult_model import PROJECT, Record, records
from tests.running import ROOT


def load(model: Path) -> Any:
    """The Pipeline; what its pickle imports is found beside validation.py, as the service finds it."""
    sys.path.insert(0, str(PROJECT))
    return pickle.loads(model.read_bytes())


def predict(pipeline: Any, rows: list[Record]) -> Any:
    """What everything is compared with: records as JSON gives them, and all probabilities."""
    return pipeline.predict_proba(pd.DataFrame(rows))


class Bare:
    """The process, for a `with` block. It sleeps between two predictions, as an idle worker does."""

    def __init__(self, model: Path) -> None:
        self._model = model

    def __enter__(self) -> "Bare":
        command = [sys.executable, "-m", "bench.bare", str(self._model)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def seconds(self, rows: int) -> float:
        """By the clock, for one call on so many rows. Raises RuntimeError when the process ended."""
        return self._ask(rows, 1)[0]

    def rates(self, rows: int = 1_000, times: int = 50) -> tuple[float, float]:
        """Rows a second, predicted so many at once again and again: by the clock, and of CPU. Raises RuntimeError."""
        clock, cpu = self._ask(rows, times)
        return rows * times / clock, rows * times / cpu

    def _ask(self, rows: int, times: int) -> tuple[float, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{rows} {times}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bare Pipeline's process ended with {self._process.wait()}")
        clock, cpu = map(float, line.split())
        return clock, cpu


def main(model: str) -> None:
    pipeline, given = load(Path(model)), records(10_000, Path(model))
    for rows in (1, 1_000):  # the first call is slow: libraries start their threads
        predict(pipeline, given[:rows])
    for line in sys.stdin:
        rows, times = map(int, line.split())
        some = given[:rows]
        clock, cpu = time.perf_counter(), time.process_time()
        for _ in range(times):
            predict(pipeline, some)
        sys.stdout.write(f"{time.perf_counter() - clock} {time.process_time() - cpu}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
