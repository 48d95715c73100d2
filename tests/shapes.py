"""Records of numbers and texts, with what is missing and what is odd, and transformers that were fitted on them."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from worker.columns import Kind
from worker.frame import Frame

SCHEMA = "size: int; weight: float | None; age: int | None; colour: str; shape: str | None; wet: bool"
NUMBERS, TEXTS = ["size", "weight", "age"], ["colour", "shape"]
KINDS = {"size": Kind.INT, "weight": Kind.FLOAT, "age": Kind.FLOAT, "colour": Kind.OBJECT, "shape": Kind.OBJECT}
rng = np.random.default_rng(11)


def records(count: int, *, nulls: bool = True) -> list[dict[str, Any]]:
    def perhaps(value: Any) -> Any:
        return None if nulls and rng.random() < 0.2 else value

    return [
        {
            "size": int(rng.integers(-(2**60), 2**60)) if rng.random() < 0.1 else int(rng.integers(90)),
            "weight": perhaps(float(rng.normal() * 10.0 ** rng.integers(-9, 9))),
            "age": perhaps(int(rng.integers(99))),
            "colour": str(rng.choice(["red", "green", "blue", "", "None", "nan", "1"])),
            "shape": perhaps(str(rng.choice(["round", "square", "ünïcode"]))),
            "wet": bool(rng.integers(2)),
        }
        for _ in range(count)
    ]


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype({"weight": float, "age": float, "colour": object, "shape": object})


ROWS = records(200)
WHOLE = records(200, nulls=False)
Y = np.array(["yes", "no"])[rng.integers(2, size=200)]


def transformer(parts: list[Any], rows: list[dict[str, Any]] = ROWS, **options: Any) -> ColumnTransformer:
    named = [(f"part{place}", part, columns) for place, (part, columns) in enumerate(parts)]
    return ColumnTransformer(named, **options).fit(frame(rows))


def columns_of(here: Frame) -> dict[str, Kind]:
    return {name: here.kinds[name] for name in here.columns}
