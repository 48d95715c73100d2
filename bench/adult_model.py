"""The model that everything is measured with: bench/adult, trained when it is missing, and records for it."""

import json
from pathlib import Path
from typing import Any

from tests.running import ROOT, cli

PROJECT = ROOT / "bench" / "adult"
MODEL = PROJECT / "build" / "model.pkl"
Record = dict[str, Any]


def trained(model: Path | None = None) -> Path:
    """`model` if it is given, else the project's own. Needs UCI's data once: in DATA_DIR, or downloaded.

    Ends the command when they can't be had.
    """
    if model is not None:
        return model.resolve()
    if not MODEL.is_file():
        training = cli("train", "--project", str(PROJECT), check=False)
        if training.returncode:
            raise SystemExit(training.stderr)
    return MODEL


def records(count: int, model: Path) -> list[Record]:
    """So many, over and over from the records.json that training left beside the model, else beside the project's own.

    Call `trained` first.
    """
    beside = model.with_name("records.json")
    path = beside if beside.is_file() else trained().with_name("records.json")
    found: list[Record] = json.loads(path.read_bytes())
    return [found[number % len(found)] for number in range(count)]
