"""OpenMP and OpenBLAS: one thread for few rows, all that are ours for many; in the worker that really runs."""

from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_info

from serving.settings import Settings
from tests.making import function_of, pickled, write_project
from tests.running import running_service
from worker.threads import ENOUGH, ROWS, Threads

COUNTING = """
import os
import time

from threadpoolctl import threadpool_info


def counted(frame):
    time.sleep(len(frame) * float(os.environ.get("SECONDS_A_ROW", "0")))
    used = [library["num_threads"] for library in threadpool_info()]
    assert used and len(set(used)) == 1, used
    return frame * 0 + used[0]
"""
CORES = min(ENOUGH, joblib.cpu_count(only_physical_cores=True))


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project whose model predicts the number of threads that its libraries may use, and that model."""
    folder = tmp_path_factory.mktemp("counting")
    project = write_project(folder / "project", "x: float = Field(examples=[1])", {"counting.py": COUNTING})
    frame = pd.DataFrame({"x": [0.0, 1, 2]})
    first = FunctionTransformer(function_of(project, "counting", "counted")).fit(frame)
    last = LinearRegression().fit(frame, frame["x"])
    return project, pickled(folder / "model.pkl", make_pipeline(first, last))


@pytest.mark.parametrize(
    ("chosen", "most"),
    [({}, CORES), ({"PREDICT_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "1"}, 1)],
    ids=["one a core", "the setting", "somebody allows fewer"],
)
def test_a_large_batch_has_the_threads_and_a_small_one_is_alone(
    counting: tuple[Path, Path], tmp_path: Path, chosen: dict[str, str], most: int
) -> None:
    project, model = counting
    state = tmp_path / "state"
    with (
        running_service(state, project=project, model=model, environment=chosen) as service,
        service.client(headers={"Prefer": "wait=20"}) as api,
    ):

        def threads(rows: int) -> set[int]:
            result: Any = api.post("/api/predict", json=[{"x": 1}] * rows).raise_for_status().json()["result"]
            return {round(row["prediction"]) for row in result}

        assert threads(1) == {1}
        assert max(threads(4 * ROWS)) == most  # in a first predict, which sees how fast the model is, and in others
        assert threads(ROWS - 1) == {1}


def test_a_slow_model_gets_them_for_few_rows(counting: tuple[Path, Path], tmp_path: Path) -> None:
    """It takes 0.3 s a row, which the example has shown: the 16 that are predicted first are thought to take 5 s."""
    project, model = counting
    environment = {"PREDICT_THREADS": "3", "SECONDS_A_ROW": "0.3"}
    with (
        running_service(tmp_path / "state", project=project, model=model, environment=environment) as service,
        service.client(headers={"Prefer": "wait=20"}) as api,
    ):
        result = api.post("/api/predict", json=[{"x": 1}] * 20).raise_for_status().json()["result"]
        assert {round(row["prediction"]) for row in result} == {3}


def test_the_stacks_of_threads_are_not_taken_from_what_a_predict_may_allocate() -> None:
    threads = Threads(5)
    with threads.enough_for(1, 0.0) as more:
        assert more == 0
    with threads.enough_for(ROWS, 0.0) as more:
        assert more == 5 * 8


@pytest.mark.parametrize("raised", [ValueError, MemoryError, KeyboardInterrupt])
def test_one_thread_is_left_whatever_happens(raised: type[BaseException]) -> None:
    def used() -> set[int]:
        return {library["num_threads"] for library in threadpool_info()}

    def predict() -> None:
        with Threads(3).enough_for(ROWS, 0.0):
            assert used() == {3}
            raise raised

    with pytest.raises(raised):
        predict()
    assert used() == {1}


@pytest.mark.parametrize(
    ("environ", "most"),
    [
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}, 1),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}, 1),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3538"}, 2),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240", "OPENBLAS_NUM_THREADS": "4"}, 4),
        ({"OMP_NUM_THREADS": "2,1", "OPENBLAS_NUM_THREADS": "0"}, 2),
        ({"OMP_NUM_THREADS": "many", "OPENBLAS_NUM_THREADS": ""}, None),
    ],
)
def test_whoever_runs_it_may_allow_fewer(environ: dict[str, str], most: int | None) -> None:
    settings = Settings().with_one_thread(environ)
    assert settings.predict_threads == most
    assert (environ["OMP_NUM_THREADS"], environ["OPENBLAS_NUM_THREADS"]) == ("1", "1")
