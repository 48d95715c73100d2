"""The rows that a model can't take are found, and cost the others nothing."""

import random
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.errors import ModelRefused
from serving.prediction import Code
from serving.project import Project
from tests.making import Loop, make_loop, write_project
from worker.encoding import label_text
from worker.outcome import Answer, RowError
from worker.output import Output
from worker.predictor import Predictor
from worker.separate import PREDICTS, Budget, separate


def refuse_negatives(frame: pd.DataFrame) -> pd.DataFrame:
    if (frame["x"] < 0).any():
        raise ValueError("x is below zero\nand this line is not for clients")
    return frame


def touchy_loop(folder: Path, **settings: Any) -> Loop:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    pipeline = make_pipeline(FunctionTransformer(refuse_negatives), LinearRegression()).fit(frame, frame["x"] * 2)
    return make_loop(folder, "x: float = Field(examples=[1])", pipeline, **settings)


def records(count: int, bad: set[int]) -> list[dict[str, float]]:
    return [{"x": -1.0 if i in bad else float(i)} for i in range(count)]


def test_seven_bad_rows_in_a_thousand_are_told_apart(tmp_path: Path) -> None:
    loop = touchy_loop(tmp_path)
    for seed in range(5):
        bad = set(random.Random(seed).sample(range(1000), 7))
        result = loop.ask(records(1000, bad))
        assert {i for i, row in enumerate(result) if "error" in row} == bad
        for i, row in enumerate(result):
            if i in bad:
                assert row == {"error": {"code": "row_rejected", "message": "ValueError: x is below zero"}}
            else:
                assert row["prediction"] == pytest.approx(2 * i, abs=1e-9)
    loop.close()


def test_a_thousand_bad_rows_end_within_the_budget(tmp_path: Path) -> None:
    loop = touchy_loop(tmp_path)
    started = time.monotonic()
    result = loop.ask(records(1000, set(range(1000))))
    assert time.monotonic() - started < 20
    codes = [row["error"]["code"] for row in result]
    assert set(codes) == {"row_rejected", "not_separated"}
    assert codes.count("row_rejected") >= 100
    loop.close()


def test_bad_singles_never_cost_their_neighbours_an_answer(tmp_path: Path) -> None:
    loop = touchy_loop(tmp_path)
    ids = [loop.send({"x": float(i if i % 10 == 0 else -i)}) for i in range(400)]
    loop.drain()
    for i, prediction_id in enumerate(ids):
        answer = loop.answer(prediction_id)
        if i % 10 == 0:
            assert answer["result"]["prediction"] == pytest.approx(2 * i, abs=1e-9)
        else:
            assert answer["status"] == "failed"
            assert answer["error"]["code"] == "row_rejected"
    loop.close()


def test_an_array_longer_than_batch_rows_is_predicted_in_parts(tmp_path: Path) -> None:
    loop = touchy_loop(tmp_path, batch_rows=64)
    result = loop.ask(records(300, {5, 299}))
    assert [i for i, row in enumerate(result) if "error" in row] == [5, 299]
    loop.close()


def counting(bad: set[int]) -> tuple[list[int], Any]:
    calls: list[int] = []

    def attempt(start: int, end: int) -> list[Answer]:
        calls.append(end - start)
        if bad & set(range(start, end)):
            raise ValueError(f"{start}..{end}")
        return [b"%d" % i for i in range(start, end)]

    return calls, attempt


def test_a_sound_batch_takes_one_predict() -> None:
    calls, attempt = counting(set())
    assert separate(1000, attempt, Budget(time.monotonic() + 60)) == [b"%d" % i for i in range(1000)]
    assert calls == [1000]


def test_a_half_that_must_be_bad_is_not_asked_again() -> None:
    calls, attempt = counting({999})
    separate(1000, attempt, Budget(time.monotonic() + 60))
    assert len(calls) == 12  # the batch, one left half for each of ten levels, the row


def test_the_budget_counts_predicts_and_time() -> None:
    calls, attempt = counting(set(range(5000)))
    separate(5000, attempt, Budget(time.monotonic() + 60))
    assert len(calls) == PREDICTS + 1
    calls, attempt = counting(set(range(5000)))
    answers = separate(5000, attempt, Budget(time.monotonic()))
    assert len(calls) == 1
    assert {answer.code for answer in answers if isinstance(answer, RowError)} == {Code.NOT_SEPARATED}


def test_memory_is_no_rows_fault() -> None:
    def attempt(start: int, end: int) -> list[Answer]:
        raise MemoryError

    with pytest.raises(MemoryError):
        separate(10, attempt, Budget(time.monotonic() + 60))


def drop_negatives(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["x"] >= 0]


def test_a_model_that_drops_rows_fails_just_those(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    pipeline = make_pipeline(FunctionTransformer(drop_negatives), LinearRegression()).fit(frame, frame["x"])
    loop = make_loop(tmp_path, "x: float", pipeline)
    result = loop.ask(records(20, {3}))
    assert [i for i, row in enumerate(result) if "error" in row] == [3]
    assert result[3]["error"]["message"].startswith("ValueError: Found array with 0 sample(s)")
    loop.close()


def test_a_number_too_large_for_its_column_is_that_rows_error(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2]})
    loop = make_loop(tmp_path, "x: int", make_pipeline(LinearRegression()).fit(frame, [1.0, 2.0]))
    result = loop.ask([{"x": 1}, {"x": 10**30}, {"x": 3}])
    assert "OverflowError" in result[1]["error"]["message"]
    assert result[2]["prediction"] == pytest.approx(3)
    loop.close()


def test_a_result_over_the_limit_says_so(tmp_path: Path) -> None:
    loop = touchy_loop(tmp_path, max_result=1000)
    assert loop.ask(records(2, set()))[1]["prediction"] == pytest.approx(2)
    error = loop.ask(records(100, set()))
    assert error["code"] == "result_too_large"
    loop.close()


def test_values_become_native_json() -> None:
    import numpy as np

    values = [np.int64(1), np.float32(0.5), np.bool_(True), np.str_("a"), float("nan"), float("inf"), np.array([1.5])]

    class Model:
        def predict(self, rows: Any) -> Any:
            return [values]

    assert Output(Model()).answers(None, 1) == [b'{"prediction":[1,0.5,true,"a",null,null,[1.5]]}']


@pytest.mark.parametrize(
    ("label", "text"), [("a b", "a b"), (1, "1"), (True, "true"), (1.5, "1.5"), ('"q"', '"q"'), (None, "null")]
)
def test_labels_become_keys(label: Any, text: str) -> None:
    assert label_text(label) == text


def test_dates_are_answered_in_iso_8601(tmp_path: Path) -> None:
    import numpy as np
    from sklearn.dummy import DummyClassifier

    dates = np.array(["2024-01-01", "2024-01-01", "2025-06-30"], dtype="datetime64[D]")
    pipeline = make_pipeline(DummyClassifier()).fit(pd.DataFrame({"x": [1.0, 2, 3]}), dates)
    loop = make_loop(tmp_path, "x: float", pipeline)
    answer = loop.ask({"x": 1})
    assert answer["prediction"] == "2024-01-01T00:00:00"
    assert set(answer["probabilities"]) == {"2024-01-01T00:00:00", "2025-06-30T00:00:00"}
    loop.close()


def refusal(folder: Path, schema: str, pipeline: Any) -> str:
    project = Project.load(write_project(folder, schema))
    with pytest.raises(ModelRefused) as refused:
        Predictor(project, pipeline, batch_rows=100, memory=1024, seconds=15)
    return str(refused.value)


def test_what_is_no_fitted_pipeline_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2]})
    from sklearn.preprocessing import StandardScaler

    assert "holds a LinearRegression" in refusal(tmp_path, "x: float", LinearRegression().fit(frame, [1, 2]))
    assert "not fitted" in refusal(tmp_path, "x: float", make_pipeline(LinearRegression()))
    assert "last step is StandardScaler" in refusal(tmp_path, "x: float", make_pipeline(StandardScaler()).fit(frame))


def test_a_pipeline_that_does_not_fit_the_schema_is_refused_with_its_columns(tmp_path: Path) -> None:
    named = make_pipeline(LinearRegression()).fit(pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2]}), [1, 2])
    message = refusal(tmp_path, "a: float\nc: float", named)
    assert "the column b, which PredictionData lacks" in message
    assert "PredictionData has c, which the model does not know" in message
    unnamed = make_pipeline(LinearRegression()).fit([[1.0, 2], [3, 4]], [1, 2])
    assert "2 columns without names, and PredictionData has 3" in refusal(tmp_path, "a: int\nb: int\nc: int", unnamed)


def test_an_example_of_the_user_that_the_model_refuses_is_said(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    pipeline = make_pipeline(FunctionTransformer(refuse_negatives), LinearRegression()).fit(frame, frame["x"])
    (tmp_path / "example.json").write_text('{"x": -1}')
    assert "can't predict the project's example: ValueError: x is below zero" in refusal(tmp_path, "x: float", pipeline)
