"""A slow model gets what it can answer in time; nothing is pending for ever, nobody becomes a dead letter."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.making import Loop, function_of, make_loop, write_project

pytestmark = pytest.mark.alone
SCHEMA = "x: float = Field(examples=[1])"
SLOW = "import time\n\n\ndef slowly(frame):\n    time.sleep(0.05 * len(frame))\n    return frame\n"


def slow_loop(folder: Path, **settings: Any) -> Loop:
    """A model that takes 50 ms a row."""
    slowly = function_of(write_project(folder / "project", SCHEMA, {"slow.py": SLOW}), "slow", "slowly")
    frame = pd.DataFrame({"x": [0.0, 1]})
    pipeline = make_pipeline(FunctionTransformer(slowly), LinearRegression()).fit(frame, frame["x"])
    return make_loop(folder, SCHEMA, pipeline, **settings)


def test_a_slow_model_answers_what_it_can_and_makes_no_dead_letters(tmp_path: Path) -> None:
    loop = slow_loop(tmp_path, max_receives=2)
    ids = [loop.send({"x": i}) for i in range(80)]
    for _ in range(4):  # 1.5 seconds each: for 80 rows it takes 4
        assert loop.call(seconds=3.5) == {"batchItemFailures": []}
    loop.drain()
    assert [loop.answer(id_)["status"] for id_ in ids] == ["succeeded"] * 80
    loop.close()


def test_an_array_that_no_batch_has_time_for_fails_and_says_so(tmp_path: Path) -> None:
    loop = slow_loop(tmp_path, worker_timeout=10)
    long, short = loop.send([{"x": i} for i in range(400)]), loop.send({"x": 1})
    assert loop.call(seconds=10) == {"batchItemFailures": []}
    error = loop.answer(long)["error"]
    assert error["code"] == "model_timeout"
    assert "send fewer records at once" in error["message"]
    loop.drain()
    assert loop.answer(short)["status"] == "succeeded"
    loop.close()


def test_an_array_that_takes_many_predicts_succeeds_in_quarantine_too(tmp_path: Path) -> None:
    """PREDICT_TIMEOUT is for one predict: 60 rows take 3 seconds in several of them."""
    loop = slow_loop(tmp_path, predict_timeout=1.5)
    long = loop.send([{"x": i} for i in range(60)])
    loop.backend.queue.receive(owner="the dead", lease=60, most=10, most_bytes=1 << 20)
    loop.backend.queue.release("the dead")
    assert loop.call() == {"batchItemFailures": []}
    assert [row["prediction"] for row in loop.answer(long)["result"]] == pytest.approx(list(range(60)), abs=1e-6)
    loop.close()
