"""`cli serve`: nothing accepted is lost when a process is killed, and every mistake is said before it listens."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pandas as pd
import psutil
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.making import function_of, pickled, write_project
from tests.running import CLI, PATIENCE, ROOT, Service, free_port, run, running_service

EXAMPLE = json.loads((ROOT / "example.json").read_text())
SLOW = """
import time


def slowly(frame):
    time.sleep(0.002 * len(frame))
    return frame
"""


@pytest.fixture
def slow_project(tmp_path: Path) -> tuple[Path, Path]:
    """A project whose model takes 2 ms a row, so that work is unfinished when something is killed."""
    project = write_project(tmp_path / "project", "x: float = Field(examples=[1])", {"slow.py": SLOW})
    slowly = function_of(project, "slow", "slowly")
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    pipeline = make_pipeline(FunctionTransformer(slowly), LinearRegression()).fit(frame, frame["x"] * 2)
    return project, pickled(tmp_path / "model.pkl", pipeline)


def post_many(service: Service, values: range) -> dict[str, int]:
    """Accepted ids and what was asked."""

    def post(client: httpx.Client, value: int) -> tuple[str, int]:
        accepted = client.post("/api/predict", json={"x": value}).raise_for_status()
        return accepted.json()["prediction_id"], value

    with service.client() as client, ThreadPoolExecutor(8) as threads:
        return dict(threads.map(lambda value: post(client, value), values))


def unfinished(service: Service, accepted: dict[str, int]) -> int:
    """How many of the accepted have no answer in the database."""
    with sqlite3.connect(service.state_dir / "state.db") as database:
        done = {row[0] for row in database.execute("SELECT key FROM predictions WHERE status IS NOT NULL")}
    database.close()
    return len(accepted.keys() - done)


def post_while_stopped(service: Service, worker: psutil.Process, values: range) -> dict[str, int]:
    """So that a slow machine has not answered them before all are posted."""
    worker.suspend()
    accepted = post_many(service, values)
    worker.resume()
    return accepted


def begun(service: Service, accepted: dict[str, int]) -> int:
    """How many are unfinished, as soon as the worker has finished some more."""
    before, until = unfinished(service, accepted), time.monotonic() + PATIENCE
    while (left := unfinished(service, accepted)) == before:
        assert time.monotonic() < until, service.log
        time.sleep(0.01)
    return left


def test_kill_9_of_the_worker_then_of_the_api_then_of_serve_loses_nothing(
    tmp_path: Path, slow_project: tuple[Path, Path]
) -> None:
    project, model = slow_project
    accepted: dict[str, int] = {}
    with running_service(tmp_path / "state", project=project, model=model) as service:
        worker = service.processes("worker")[0]
        accepted |= post_while_stopped(service, worker, range(900))
        assert begun(service, accepted) >= 500
        worker.kill()
        until = time.monotonic() + PATIENCE
        while not (others := [w for w in service.processes("worker") if w.pid != worker.pid]):
            assert time.monotonic() < until, "the worker is started again"
            time.sleep(0.05)
        accepted |= post_while_stopped(service, others[0], range(900, 1800))
        assert begun(service, accepted) >= 500
        service.processes("api")[0].kill()
        until = time.monotonic() + PATIENCE
        while "the API died (SIGKILL) and is started again" not in service.log:
            assert time.monotonic() < until, service.log
            time.sleep(0.05)
        service.wait_until_healthy()
        accepted |= post_many(service, range(1800, 1810))
        service.process.kill()
        service.process.wait()
    with running_service(tmp_path / "state", project=project) as service, service.client() as client:
        until = time.monotonic() + PATIENCE
        while client.get("/api/health").json()["oldest_seconds"]:
            assert time.monotonic() < until, service.log
            time.sleep(0.1)
        answers = {id_: client.get(f"/api/predict/{id_}").json() for id_ in accepted}
    assert Counter(answer["status"] for answer in answers.values()) == {"succeeded": 1810}
    for id_, value in accepted.items():
        assert answers[id_]["result"]["prediction"] == pytest.approx(2 * value, abs=1e-6)
    with sqlite3.connect(tmp_path / "state" / "state.db") as database:
        rows = database.execute("SELECT count(*) FROM predictions WHERE status IS NOT NULL").fetchone()[0]
        left = database.execute(
            "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM leases), (SELECT count(*) FROM dead_letters)"
        ).fetchone()
    database.close()
    assert rows == 1810, "one answer each"
    assert left == (0, 0, 0)


def test_ctrl_c_and_sigterm_end_it_cleanly(tmp_path: Path, iris_bucket: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with running_service(tmp_path / "state", environment={"BUCKET": iris_bucket}) as service:
            children = psutil.Process(service.process.pid).children(recursive=True)
            assert len(children) == 2
            service.process.send_signal(number)
            assert service.process.wait(PATIENCE) == 0
            assert not [child for child in children if child.is_running()]
            assert "Traceback" not in service.log
            assert "Ended." in service.log


def test_when_serve_itself_is_killed_its_children_end(serve: Callable[..., Service]) -> None:
    service = serve()
    children = psutil.Process(service.process.pid).children(recursive=True)
    service.process.kill()
    service.process.wait()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE)
    assert not alive


def test_a_worker_that_hangs_is_restarted(tmp_path: Path) -> None:
    source = (
        "import time\n\ndef hang(frame):\n    time.sleep(3600 if (frame['x'] == -1).any() else 0)\n    return frame\n"
    )
    project = write_project(tmp_path / "project", "x: float = Field(examples=[1])", {"hanging.py": source})
    hang = function_of(project, "hanging", "hang")
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    pipeline = make_pipeline(FunctionTransformer(hang), LinearRegression()).fit(frame, frame["x"])
    environment = {"WORKER_TIMEOUT": "10", "PREDICT_TIMEOUT": "1"}
    with (
        running_service(
            tmp_path / "state",
            project=project,
            model=pickled(tmp_path / "model.pkl", pipeline),
            environment=environment,
            arguments=("--workers", "2"),
        ) as service,
        service.client() as client,
    ):
        assert len(service.processes("worker")) == 2
        hanging = client.post("/api/predict", json={"x": -1}).headers["Location"]
        until = time.monotonic() + PATIENCE
        while client.get("/api/health").json()["in_flight"] != 1:  # else the next one may come into its batch
            assert time.monotonic() < until, service.log
        body = {"status": "pending"}
        while body["status"] == "pending":
            assert time.monotonic() < until, service.log
            good = client.post("/api/predict", json={"x": 1}, headers={"Prefer": "wait=10"})
            assert good.json()["status"] == "succeeded", "the other worker goes on"
            body = client.get(hanging, headers={"Prefer": "wait=2"}).json()
        assert body["error"]["code"] == "model_timeout"
        assert "started again" in service.log
        assert "Timeout" in service.log, "the log shows where it hung"


def test_demo_trains_serves_and_runs_any_number_of_times(tmp_path: Path) -> None:
    for _ in range(2):
        port = free_port()
        demo = start_demo(tmp_path, port)
        try:
            demo.wait_until_healthy()
            until = time.monotonic() + PATIENCE
            while "curl" not in demo.log and time.monotonic() < until:
                time.sleep(0.05)
            curl = next(line for line in demo.log.splitlines() if line.startswith("curl"))
            answer = json.loads(run("bash", "-c", curl).stdout)
            assert answer["result"]["prediction"] == "setosa"
        finally:
            assert demo.stop() == 0


def start_demo(tmp_path: Path, port: int) -> Service:
    log_path = tmp_path / f"demo-{port}.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [*CLI, "demo", "--state-dir", str(tmp_path / "state")],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Service(process=process, port=port, state_dir=tmp_path / "state", log_path=log_path)
