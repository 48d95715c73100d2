"""Input files of iris flowers, the commands that read them, and what they wrote."""

import csv
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_iris

from tests.running import CLI, PATIENCE, ROOT, Service, cli

COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
CLASSES = ["setosa", "versicolor", "virginica"]
PROBABILITIES = [f"probability:{name}" for name in CLASSES]
BAD = {"petal width (cm)": 99.0}
Start = Callable[..., Service]


def command(*arguments: object) -> list[str]:
    return [*CLI, *map(str, arguments)]


def run(*arguments: object, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    finished = cli(*map(str, arguments), check=False, **options)
    assert finished.returncode == code, f"exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
    assert "Traceback" not in finished.stderr
    return finished


def flowers(count: int) -> list[dict[str, Any]]:
    """Different records of iris flowers, with a column that the model does not know."""
    random = np.random.default_rng(7)
    measured = load_iris().data[random.integers(0, 150, count)] + random.normal(0, 0.05, (count, 4))
    clipped = np.clip(measured, [3, 1, 0.5, 0], [9, 6, 9, 4]).round(4).tolist()
    return [{"id": f"flower, {number}", **dict(zip(COLUMNS, row, strict=True))} for number, row in enumerate(clipped)]


def as_csv(path: Path, records: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def as_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def journal_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.progress.jsonl")


def interrupt(out: Path, number: signal.Signals, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command until some of its output is there, then end it with a signal."""
    process = subprocess.Popen(
        command(*arguments, "--out", out), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + PATIENCE
    while not (out.exists() and out.stat().st_size > 20_000):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
