"""A project whose model has twenty classes, and dies, hangs or refuses when a record asks for it."""

import json
import random
from pathlib import Path

import pandas as pd
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.making import function_of, pickled, write_project
from tests.planted import plant

DEEDS = """
import ctypes
import time


def act(frame):
    deeds = set(frame["deed"])
    if "crash" in deeds:
        ctypes.string_at(0)  # reads address 0: the process gets SIGSEGV
    if "hang" in deeds:
        time.sleep(3600)
    if "refuse" in deeds:
        raise ValueError(f"this row asks to be refused: {' '.join(frame['note'])} is not in {__file__}")
    return frame[["x", "y"]]
"""
SCHEMA = """
    x: float = Field(ge=0, le=100)
    y: float = Field(default=50, ge=0, le=100)
    note: str = ""
    deed: str = Field(default="none", pattern="^(none|crash|hang|refuse)$")
"""
CLASSES = 20
EXAMPLE = {"x": 12.5, "y": 50.0, "note": "", "deed": "none"}


def write_e2e_project(folder: Path, name: str = "e2e") -> Path:
    """The project's folder; its model is in build/model.pkl."""
    write_project(folder, SCHEMA, {"deeds.py": DEEDS})
    (folder / "example.json").write_text(json.dumps(EXAMPLE))
    plant(folder)
    (folder / "service.toml").write_text(f'name = "{name}"\nstage = "dev"\n')
    act = function_of(folder, "deeds", "act")
    draw = random.Random(1)
    rows = [(draw.uniform(0, 100), draw.uniform(0, 100)) for _ in range(2_000)]
    frame = pd.DataFrame(rows, columns=["x", "y"]).assign(note="", deed="none")
    labels = [f"class {int(row[0] // 5):02d}" for row in rows]
    pickled(folder / "build" / "model.pkl", make_pipeline(FunctionTransformer(act), GaussianNB()).fit(frame, labels))
    return folder
