"""Puts models into a registry and replays files through two of them, by the command or in this process."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.batch.records import read_source
from commands.comparing.answering import answers
from commands.comparing.differences import Comparison
from commands.comparing.records import with_records, write_records
from commands.comparing.running import Side, compare, gather, question
from commands.environments.environment import Environment
from serving.project import Project
from serving.settings import Settings
from tests.making import pickled, upload
from tests.running import cli

HERE = Environment(folder=None, libraries={})


def registry(folder: Path, project: Path, **models: Any) -> Path:
    """A state directory whose registry has each of the models under its name; returns it."""
    settings = Settings.read({}, project_dir=project, state_dir=folder / "state")
    for tag, model in models.items():
        upload(settings, pickled(folder / "model.pkl", model), tag)
    return settings.state_dir


def replay(
    file: Path, before: str, after: str, *more: object, project: Path, state: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """`cli replay`, to its end."""
    options = ["--from", before, "--to", after, "--project", project, "--state-dir", state, *more]
    environment = {name: value for name, value in os.environ.items() if name != "BUCKET"}
    finished = cli("replay", str(file), *map(str, options), check=False, cwd=file.parent, env=environment)
    assert finished.returncode == code, f"exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
    assert "Traceback" not in finished.stderr
    return finished


def replayed(file: Path, before: str, after: str, *more: object, project: Path, state: Path) -> dict[str, Any]:
    """What `cli replay --json` prints."""
    found: dict[str, Any] = json.loads(
        replay(file, before, after, "--json", *more, project=project, state=state).stdout
    )
    return found


def compared(
    folder: Path, project: Path, rows: Any, environments: Mapping[str, Environment] | None = None, **models: Any
) -> Comparison:
    """Two models over rows, which are written as JSON; each in a process under its environment, if there are any.

    Else both answer in this process, one after the other: that saves the import of scikit-learn.
    """
    file = folder / "rows.json"
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows), encoding="utf-8")
    settings = Settings.read({}, project_dir=project)
    source = read_source(str(file))
    records = write_records(source, Project.load(project), folder / "records", limit=None, advance=lambda count: None)
    paths = {tag: pickled(folder / tag, model) for tag, model in models.items()}
    if environments is None:
        one, other = (list(answers(question(path, records.path, settings))) for path in paths.values())
        before, after = models
        pairs = zip(one, other, strict=True)
        return with_records(gather(source.name, records, (before, after), pairs, advance=lambda count: None), source)
    first, second = (Side(tag=tag, path=path, environment=environments.get(tag, HERE)) for tag, path in paths.items())
    return compare(source.name, records, (first, second), settings, advance=lambda count: None)
