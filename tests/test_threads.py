"""OpenMP and OpenBLAS: one thread for few rows, all that are ours for many; in the worker that really runs."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.settings import Settings
from tests.making import function_of, pickled, write_project
from tests.running import running_service
from worker.threads import LARGE

COUNTING = """
from threadpoolctl import threadpool_info


def counted(frame):
    used = [library["num_threads"] for library in threadpool_info()]
    assert used and len(set(used)) == 1, used
    return frame * 0 + used[0]
"""
PROCESSORS = min(16, len(os.sched_getaffinity(0)))


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
    [({}, PROCESSORS), ({"PREDICT_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "1"}, 1)],
    ids=["one a processor", "the setting", "somebody allows fewer"],
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
        assert max(threads(4 * LARGE)) == most  # in a first predict, which sees how fast the model is, and in others
        assert threads(LARGE - 1) == {1}


@pytest.mark.parametrize(
    ("environ", "most"),
    [
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}, 1),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}, 1),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3538"}, 2),
        ({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240", "OPENBLAS_NUM_THREADS": "4"}, 4),
        ({"OMP_NUM_THREADS": "2,1", "OPENBLAS_NUM_THREADS": ""}, PROCESSORS),
    ],
)
def test_a_lambda_has_as_many_as_its_memory_pays_for(environ: dict[str, str], most: int) -> None:
    settings = Settings().with_one_thread(environ)
    assert settings.predict_threads == most
    assert (environ["OMP_NUM_THREADS"], environ["OPENBLAS_NUM_THREADS"]) == ("1", "1")
