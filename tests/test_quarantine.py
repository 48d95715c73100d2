"""What kills the process that predicts it, kills nothing else: with a real model that really dies."""

import time
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.errors import StoreUnavailable
from tests.making import function_of, make_loop, pickled, write_project
from tests.running import cli, running_service
from worker.quarantine import LOAD_SECONDS, _Child

HOSTILE = """
import ctypes
import os
import time


def act(frame):
    deeds = set(frame["x"])
    if -1 in deeds:
        ctypes.string_at(0)  # reads address 0: the process gets SIGSEGV
    if -2 in deeds:
        os._exit(3)
    if -3 in deeds:
        time.sleep(3600)
    if -4 in deeds:
        bytearray(64 * 1024**3)
    return frame
"""
SCHEMA = "x: float = Field(examples=[1])"
KILLERS = {-1: "model_crashed", -2: "model_crashed", -3: "model_timeout", -4: "model_out_of_memory"}


@pytest.fixture
def hostile_model(tmp_path: Path) -> Any:
    """A Pipeline whose first step lives in the project's own module."""
    act = function_of(write_project(tmp_path / "project", SCHEMA, {"hostile.py": HOSTILE}), "hostile", "act")
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    return make_pipeline(FunctionTransformer(act), LinearRegression()).fit(frame, frame["x"] * 2)


def test_four_killers_among_five_hundred_fail_alone(tmp_path: Path, hostile_model: Any) -> None:
    """Through the real service: worker processes really die, and the supervisor starts them again."""
    values = [float(i) for i in range(500)]
    for place, killer in zip((13, 140, 333, 490), KILLERS, strict=True):
        values[place] = float(killer)
    environment = {"PREDICT_TIMEOUT": "1.5", "WORKER_TIMEOUT": "12", "PREDICT_MEMORY": "1024"}
    model = pickled(tmp_path / "model.pkl", hostile_model)
    with (
        running_service(
            tmp_path / "state", project=tmp_path / "project", model=model, environment=environment
        ) as service,
        service.client() as client,
    ):
        locations = [
            client.post("/api/predict", json={"x": value}).raise_for_status().headers["Location"] for value in values
        ]
        answers = []
        until = time.monotonic() + 200
        for location in locations:
            body = {"status": "pending"}
            while body["status"] == "pending":
                assert time.monotonic() < until, service.log
                body = client.get(location, headers={"Prefer": "wait=10"}).raise_for_status().json()
            answers.append(body)
        letters = client.get("/api/health").json()
    for value, answer in zip(values, answers, strict=True):
        if value in KILLERS:
            assert answer["status"] == "failed"
            assert answer["error"]["code"] == KILLERS[int(value)]
        else:
            assert answer["status"] == "succeeded", answer
            assert answer["result"]["prediction"] == pytest.approx(2 * value)
    assert letters["waiting"] == letters["in_flight"] == 0
    assert cli("dead-letters", "list", "--state-dir", str(tmp_path / "state")).stdout.strip() == "No dead letters."


def redelivered(loop: Any) -> None:
    """As if a worker had taken everything and died."""
    loop.backend.queue.receive(owner="the dead", lease=60, most=1000, most_bytes=1 << 30)
    loop.backend.queue.release("the dead")


def test_redelivered_work_never_meets_the_worker_process(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model)
    ids = {value: loop.send({"x": value}) for value in (1.0, -2.0, 2.0, -1.0, 3.0)}
    redelivered(loop)
    assert loop.call() == {"batchItemFailures": []}, "one invocation answers them all"
    assert [loop.answer(ids[value])["result"]["prediction"] for value in (1.0, 2.0, 3.0)] == pytest.approx([2, 4, 6])
    assert loop.answer(ids[-2.0])["error"] == {
        "code": "model_crashed",
        "message": "The model's process ended by itself with exit code 3",
    }
    assert loop.answer(ids[-1.0])["error"]["message"] == "The model's process crashed with SIGSEGV"
    loop.close()


def test_arrays_and_bad_rows_are_answered_in_quarantine_as_anywhere(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model)
    first = loop.send([{"x": 1}, {"x": 2}])
    redelivered(loop)
    loop.drain()
    second = loop.send([{"x": 1}, {"x": 2}])
    loop.drain()
    assert loop.answer(first)["result"] == loop.answer(second)["result"]
    assert loop.answer(first)["model"] == loop.answer(second)["model"]
    loop.close()


def test_a_child_that_was_ended_between_two_batches_is_replaced(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model)
    for value in (1.0, 2.0):
        prediction_id = loop.send({"x": value})
        redelivered(loop)
        loop.drain()
        assert loop.answer(prediction_id)["status"] == "succeeded"
        child = loop.worker._quarantine._child._process
        child.kill()
        child.wait()
    loop.close()


def test_what_needs_too_much_memory_is_not_tried_again_in_the_worker(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model, predict_memory=256)
    innocent, killer = loop.send({"x": 1.0}), loop.send({"x": -4.0})
    assert loop.call() == {"batchItemFailures": []}, "a first delivery goes into quarantine at once"
    assert loop.answer(innocent)["status"] == "succeeded"
    assert loop.answer(killer)["error"] == {
        "code": "model_out_of_memory",
        "message": "The model needs more than 256 MiB for this",
    }
    loop.close()


def test_nothing_circles_where_a_child_starts_slower_than_a_call_lasts(tmp_path: Path, hostile_model: Any) -> None:
    """Every call decides what stands first in it: work that killed its child, and work that is new, in turn."""
    loop = make_loop(tmp_path, SCHEMA, hostile_model, predict_memory=256)
    loop.worker._quarantine._load_seconds = 1000  # as it was seen on a machine with other things to do
    values = (1.0, -4.0, 2.0)
    ids = {value: loop.send({"x": value}) for value in values}
    redelivered(loop)
    ids |= {10 + value: loop.send({"x": value}) for value in values}
    for _ in range(2 * len(ids)):
        assert loop.call() == {"batchItemFailures": []}
        loop.worker._quarantine.close()
        loop.worker._quarantine._load_seconds = 1000
    answers = {value: loop.answer(id_) for value, id_ in ids.items()}
    assert {value for value, answer in answers.items() if answer["status"] == "failed"} == {-4.0, 6.0}
    loop.close()


def test_a_child_that_loads_longer_than_a_call_lasts_goes_on_for_the_next_one(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project", SCHEMA, {"slow.py": "import time\n\ntime.sleep(2)\ndef act(frame):\n    return frame\n"}
    )
    step = FunctionTransformer(function_of(project, "slow", "act"))
    loop = make_loop(
        tmp_path, SCHEMA, make_pipeline(step, LinearRegression()).fit(pd.DataFrame({"x": [1.0, 2]}), [2, 4])
    )
    id_ = loop.send({"x": 1.0}, suspect=True)
    assert len(loop.call(seconds=2.5)["batchItemFailures"]) == 1
    child = loop.worker._quarantine._child
    loop.drain()
    assert loop.answer(id_)["status"] == "succeeded"
    assert loop.worker._quarantine._child is child
    loop.close()


def test_a_child_that_never_loads_is_replaced(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model)
    stuck = loop.worker._quarantine._child = _Child(loop.settings)
    psutil.Process(stuck._process.pid).suspend()
    stuck.waited = LOAD_SECONDS - 1.5
    id_ = loop.send({"x": 1.0}, suspect=True)
    assert len(loop.call()["batchItemFailures"]) == 1
    assert stuck._process.poll() is not None, "it is ended"
    loop.drain()
    assert loop.answer(id_)["status"] == "succeeded"
    loop.close()


@pytest.mark.alone
def test_however_little_time_there_is_each_call_decides_one(tmp_path: Path, hostile_model: Any) -> None:
    loop = make_loop(tmp_path, SCHEMA, hostile_model, predict_timeout=4, worker_timeout=16)
    ids = {value: loop.send({"x": value}) for value in (-3.0, 1.0, 2.0)}
    redelivered(loop)
    assert loop.call(seconds=9) == {"batchItemFailures": []}, "the batch dies, and there is no time for each alone"
    returned = [loop.backend.queue.open(r.body) for r in peek(loop)]
    assert [(m.suspect, m.alone) for m in returned] == [(True, True)] * 3
    for _ in range(3):
        loop.call(seconds=9)
    assert loop.answer(ids[-3.0])["error"]["code"] == "model_timeout"
    loop.drain()
    assert [loop.answer(ids[value])["result"]["prediction"] for value in (1.0, 2.0)] == pytest.approx([2, 4])
    loop.close()


def peek(loop: Any) -> Any:
    """What is visible, without taking it."""
    received = loop.backend.queue.receive(owner="nobody", lease=60, most=10, most_bytes=1 << 20)
    with loop.backend.database.writing(StoreUnavailable) as connection:
        connection.execute("UPDATE leases SET visible_at = 0, receives = receives - 1, owner = NULL")
    return received
