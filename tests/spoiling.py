"""Uploads models that a worker can't load, one for each reason, and looks at what is served and reported instead."""

import pickle
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from app.info import Info
from serving.manifest import Scan
from serving.report import read_report
from tests.making import Loop, pickled, upload
from tests.manifests import libraries

HERE = metadata.version("scikit-learn")


def doubling(factor: float = 2) -> Any:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    return make_pipeline(LinearRegression()).fit(frame, frame["x"] * factor)


def put(loop: Loop, tag: str, content: bytes | None = None, **changes: Any) -> None:
    """A current model; one that is as it should be without `content`."""
    path = pickled(loop.settings.state_dir / f"{tag}.pkl", doubling())
    if content is not None:
        path.write_bytes(content)
    upload(loop.settings, path, tag, **changes)


def served(loop: Loop) -> dict[str, Any]:
    """What a prediction says of its model."""
    prediction_id = loop.send({"x": 1})
    loop.drain()
    answer = loop.answer(prediction_id)
    assert answer["status"] == "succeeded"
    model: dict[str, Any] = answer["model"]
    return model


def reported(loop: Loop) -> tuple[str | None, str | None, str | None]:
    """The tag that is served, the one that is wanted, and why it is not."""
    report = read_report(loop.backend.predictions)
    assert report is not None
    return report.model and report.model.tag, report.wanted, report.problem


def info(loop: Loop) -> Any:
    """The model of /api/info."""
    return Info(loop.project, loop.settings, loop.backend.registry, loop.backend.predictions)._read_model()


def damaged(loop: Loop) -> None:
    put(loop, "v2", b"no pickle")


def of_another_scikit_learn(loop: Loop) -> None:
    put(loop, "v2", libraries=libraries(scikit_learn="0.1"))


def dangerous(loop: Loop) -> None:
    put(loop, "v2", scan=Scan(verdict="dangerous", scanner="picklescan 1.0.5"))


def tampered(loop: Loop) -> None:
    put(loop, "v2", pickle.dumps(doubling(3)))
    (Path(loop.settings.models_at) / "models/v2/model.pkl").write_bytes(pickle.dumps(doubling(4)))


def of_another_schema(loop: Loop) -> None:
    frame = pd.DataFrame({"y": [0.0, 1, 2, 3]})
    put(loop, "v2", pickle.dumps(make_pipeline(LinearRegression()).fit(frame, frame["y"])))


def lost(loop: Loop) -> None:
    put(loop, "v2")
    (Path(loop.settings.models_at) / "models/v2/model.pkl").unlink()


SPOILS = [
    (damaged, "is no pickle, or is damaged"),
    (of_another_scikit_learn, f"needs scikit-learn 0.1, and this worker has {HERE}"),
    (dangerous, "must not be loaded: picklescan 1.0.5 found its pickle dangerous"),
    (tampered, "its sha256 differs"),
    (of_another_schema, "fitted with the column y, which PredictionData lacks"),
    (lost, "The model file of v2 is missing"),
]
"""How a model is spoiled, and a part of what is said of it."""
