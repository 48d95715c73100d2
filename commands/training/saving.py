"""Writes what train.py is for: model.pkl, and metrics.json beside it, whole or not at all."""

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.console import say
from serving.settings import MIB


def save(folder: Path, pipeline: object, metrics: Mapping[str, Any]) -> Path:
    """The path of model.pkl in `folder`, which is made where it is missing. numpy's numbers are taken as JSON's."""
    model = pickle.dumps(pipeline, protocol=5)  # what can't be pickled leaves the files of before
    text = json.dumps(metrics, indent=2, default=_native) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.pkl"
    _write(folder / "metrics.json", text.encode())
    _write(path, model)
    shown = ", ".join(f"{name} {value}" for name, value in metrics.items() if isinstance(value, int | float))
    say(f"{path}: {path.stat().st_size / MIB:.3f} MiB, {shown or 'no metrics'}")
    return path


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _native(value: Any) -> Any:
    """Of numpy's scalars and arrays."""
    if not hasattr(value, "tolist"):
        raise TypeError(f"metrics.json can't hold {value!r}: give a number, a text, a list or a dict")
    return value.tolist()
