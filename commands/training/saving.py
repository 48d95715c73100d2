"""Writes what train.py is for: model.pkl, and metrics.json beside it, whole or not at all."""

import json
import math
import os
import pickle
from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from commands.console import say
from serving.settings import MIB


def save(folder: Path, pipeline: object, metrics: Mapping[str, Any]) -> Path:
    """The path of model.pkl in `folder`, which is made where it is missing.

    numpy's numbers are taken as JSON's; one that is not finite is null.
    """
    model = pickle.dumps(pipeline, protocol=5)  # what can't be pickled leaves the files of before
    text = json.dumps(_plain(metrics), indent=2, allow_nan=False) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.pkl"
    _write(folder / "metrics.json", text.encode())
    _write(path, model)
    say(f"{path}: {path.stat().st_size / MIB:.3f} MiB; metrics.json is beside it")
    return path


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _plain(value: Any) -> Any:
    """As JSON can hold it: numpy's scalars and arrays as Python's, and null for a number that is not finite."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Real) and not isinstance(value, Integral):
        return float(value) if math.isfinite(value) else None
    if not hasattr(value, "tolist"):
        raise TypeError(f"metrics.json can't hold {value!r}: give a number, a text, a list or a dict")
    return _plain(value.tolist())
