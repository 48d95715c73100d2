"""Requests made from the served OpenAPI document by schemathesis, every answer put to all of its checks."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.documented import KEY_SCHEME
from tests.running import ROOT, run

HERE = Path(__file__).parent
PROJECT = HERE / "project"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a run told."""

    cases: int
    failures: Any
    text: str


def fuzz(url: str, *, examples: int, seed: int, key: str | None = None) -> Found:
    """Up to `examples` random requests for each operation, besides those that the document names and implies."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        config = Path(folder) / "schemathesis.toml"
        shown = f'\n[auth.openapi.{KEY_SCHEME}]\napi_key = "{key}"\n' if key else ""
        config.write_text((HERE / "schemathesis.toml").read_text() + shown)
        finished = run(
            *(str(Path(sys.executable).with_name("schemathesis")), "--no-color"),
            *("--config-file", str(config), "run", f"{url}/openapi.json"),
            *("--max-examples", str(examples), "--seed", str(seed), "--no-shrink", "--generation-database", "none"),
            *("--continue-on-failure", "--suppress-health-check", "all"),
            *("--report", "json", "--report-json-path", str(report)),
            cwd=folder,
            env=_environment(),
            check=False,
            timeout=3600,
        )
        if not report.exists():
            raise AssertionError(f"schemathesis ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
        told = json.loads(report.read_text())
    failures = [*told["failures"], *told["errors"]]
    if finished.returncode and not failures:
        failures = [{"exit code": finished.returncode}]
    return Found(cases=told["test_cases"]["generated"], failures=failures, text=finished.stdout)


def write_model(folder: Path) -> Path:
    """A Pipeline that answers every record."""
    import pickle

    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.dummy import DummyClassifier
    from sklearn.pipeline import Pipeline

    row = {"measure": 1.5, "count": 2, "text": "a", "code": "ab", "colour": "red", "sold": True}
    frame = pd.DataFrame([{**row, "day": pd.Timestamp("2026-01-01"), "note": "a", "tags": ["a"]}] * 3)
    numbers = ColumnTransformer([("kept", "passthrough", ["measure", "count"])])
    path = folder / "model.pkl"
    path.write_bytes(
        pickle.dumps(Pipeline([("numbers", numbers), ("most", DummyClassifier())]).fit(frame, ["a", "a", "b"]))
    )
    return path


def _environment() -> Mapping[str, str]:
    return {**os.environ, "SCHEMATHESIS_HOOKS": "bench.fuzz.hooks", "PYTHONPATH": str(ROOT)}
