"""The drill's two models, and what they answer when nothing is broken."""

import importlib
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

PROJECT = Path(__file__).with_name("project")
TAGS = ("v1", "v2")
Record = dict[str, Any]


def pipelines() -> dict[str, Pipeline]:
    """One for each tag; their answers differ everywhere."""
    sys.path.insert(0, str(PROJECT))
    try:
        deeds = importlib.import_module("misbehaving").Deeds  # as the service finds it: beside its validation.py
    finally:
        sys.path.remove(str(PROJECT))
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"number": np.arange(200), "x": generator.normal(size=200), "deed": "none"})
    made = {}
    for place, tag in enumerate(TAGS):
        y = (place + 1) * frame["number"] + 3 * frame["x"] + 1000 * place
        made[tag] = Pipeline([("deeds", deeds()), ("regression", LinearRegression())]).fit(frame, y)
    return made


def write(folder: Path) -> dict[str, Path]:
    """The pickle of each tag."""
    paths = {tag: folder / f"{tag}.pkl" for tag in TAGS}
    for tag, pipeline in pipelines().items():
        paths[tag].write_bytes(pickle.dumps(pipeline))
    return paths


def answers(records: Sequence[Record]) -> dict[str, dict[int, float]]:
    """What each tag's Pipeline says itself, by the record's number: one predict for all of them."""
    frame = pd.DataFrame(records).assign(deed="none")
    return {
        tag: dict(zip(frame["number"].tolist(), pipeline.predict(frame).tolist(), strict=True))
        for tag, pipeline in pipelines().items()
    }
