"""Writes objects as every kind of model file there is, and reads them back without loading them."""

import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib

from commands.pickles.inspection import Inspection, inspect_model
from serving.errors import ModelRefused


def written(value: Any) -> Iterator[tuple[str, bytes]]:
    """The bytes of each format, named."""
    for protocol in (0, 2, 4, 5):
        yield f"pickle {protocol}", pickle.dumps(value, protocol=protocol)
    for compress in (0, ("zlib", 3), ("lzma", 1)):
        file = io.BytesIO()
        joblib.dump(value, file, compress=compress)
        yield f"joblib {compress}", file.getvalue()


def inspected(folder: Path, content: bytes) -> Inspection:
    path = folder / "model.pkl"
    path.write_bytes(content)
    return inspect_model(path)


def names_of_dangers(folder: Path, content: bytes) -> list[str]:
    return [danger.name for danger in inspected(folder, content).dangers]


def told(folder: Path, content: bytes) -> str:
    """Its dangers, or why it is refused."""
    try:
        return "; ".join(names_of_dangers(folder, content))
    except ModelRefused as refused:
        return str(refused)
