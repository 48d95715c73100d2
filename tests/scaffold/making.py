"""Makes a project as `cli init` does, in this process, and holds what every validation.py that it writes must keep."""

import ast
import hashlib
import re
import sys
from pathlib import Path
from typing import Any

from commands.gate.agreement import agreement
from commands.gate.finding import Level
from commands.scaffold.answer import write
from commands.scaffold.files import put
from commands.trial.trial import Tried
from commands.trial.trying import check
from serving.project import Project
from serving.settings import Settings
from tests.making import pickled
from tests.running import ROOT, run
from worker.predictor import Predictor


def scaffold(folder: Path, pipeline: Any, data: Path | None = None, **options: Any) -> dict[str, Any]:
    """What the command is answered; its files are in `folder`."""
    model = pickled(folder.parent / f"{folder.name}.pkl", pipeline)
    argument = {
        "model": str(model),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "names": [],  # it was made here
        "project": str(folder),
        "data": str(data) if data else None,
        "target": None,
        "text": None,
        "settings": Settings().model_dump(mode="json"),
    }
    (answer,) = write({**argument, **options})
    put(folder, answer["files"])
    return answer


def predictor_of(project: Project, pipeline: Any) -> Predictor:
    return Predictor(project, pipeline, batch_rows=10_000, memory=4096, seconds=60)


def check_source(path: Path) -> None:
    """Clean and formatted; a title on every field, bounds on every number, no Any, three lines at most."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    config = ("--config", str(ROOT / "pyproject.toml"))
    run(ruff, "check", "--no-cache", *config, str(path))
    run(ruff, "format", "--no-cache", "--check", *config, str(path))
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\bAny\b", source)
    (schema,) = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    fields = [node for node in schema.body if isinstance(node, ast.AnnAssign)]
    assert len(fields) == len(schema.body) - 1, "a docstring, and fields"
    for field in fields:
        assert field.end_lineno is not None
        assert field.end_lineno - field.lineno < 3, ast.unparse(field)
        assert isinstance(field.value, ast.Call)
        words = {word.arg for word in field.value.keywords}
        assert "title" in words, ast.unparse(field)
        if re.search(r"\b(int|float)\b", ast.unparse(field.annotation)):
            assert {"ge", "le"} <= words, ast.unparse(field)
        if re.search(r"\bstr\b", ast.unparse(field.annotation)):
            assert "max_length" in words, ast.unparse(field)


def disagreements(folder: Path) -> list[str]:
    """What the gate's own comparison of schema and model has against a project that `scaffold` made."""
    settings = Settings(project_dir=folder)
    model = folder.parent / f"{folder.name}.pkl"
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    argument = {"settings": settings.model_dump(mode="json"), "model": str(model), "sha256": sha256, "names": []}
    found = agreement(Project.load(folder), Tried.of(*check(argument)))
    return [finding.told for finding in found if finding.level != Level.PASSED]
