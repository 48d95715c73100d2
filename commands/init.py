"""cli init: a project's files from a fitted Pipeline, and from its training data where there is some."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.console import confirm, plain_errors, say
from commands.options import YesOption
from commands.packaging.steps import step
from commands.scaffold.files import existing, put
from serving.errors import ModelRefused, ProjectError
from serving.settings import Settings


def init(
    model: Annotated[Path, typer.Option("--model", help="The pickled Pipeline.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="What it was trained on: CSV, JSON, JSON Lines or Parquet.")
    ] = None,
    project: Annotated[
        Path | None, typer.Option("--project", help="Folder for the files.", show_default="this one")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="The column of the data that the model predicts.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="The column of the data that a model of one text reads.")
    ] = None,
    yes: YesOption = False,
) -> None:
    """Write a project for a model: validation.py, form.yml, example.json, service.toml.

    The fields come from the fitted Pipeline; with --data also types, bounds and
    an example from the rows that it was trained on, which are then tried. What
    could only be guessed is marked with `# check:`. Nothing is overwritten
    without --yes.
    """
    with plain_errors():
        folder = project or Path()
        if folder.exists() and not folder.is_dir():
            raise ProjectError(f"{folder} is no folder.")
        if data is not None and not data.is_file():
            raise ProjectError(f"There is no file {data}: --data names the training data.")
        there = existing(folder)
        if there:
            confirm(f"Overwrite {', '.join(there)} in {folder.resolve()}?", yes)
        found = _made(folder, model, data, target, text)
        put(folder, found["files"])
        for line in _told(found, folder, model, data):
            say(line)


def _made(folder: Path, model: Path, data: Path | None, target: str | None, text: str | None) -> Mapping[str, Any]:
    """What the child answers; the file is scanned before it is loaded there. Raises ModelRefused, ProjectError."""
    from commands.environments.environment import environment_for
    from commands.gate.covered import check_covered
    from commands.pickles.advice import advice
    from commands.pickles.inspection import check_safe, inspect_model
    from commands.trial.process import run

    inspection = inspect_model(model)
    check_safe(inspection)
    lines = advice(inspection)
    if lines is not None:
        what = f"{', '.join(inspection.main)} of __main__" if inspection.main else inspection.shape.text
        raise ModelRefused(f"{model} holds {what}, not a Pipeline that can be served. Do this first:\n\n{lines}\n")
    check_covered(folder, inspection)
    argument = {
        "model": str(model.resolve()),
        "sha256": inspection.sha256,
        "names": inspection.pairs,
        "project": str(folder.resolve()),
        "data": str(data.resolve()) if data is not None else None,
        "target": target,
        "text": text,
        "settings": Settings().model_dump(mode="json"),
    }
    environment = environment_for(folder, inspection)
    with step(f"init: reading {' and '.join(path.name for path in (model, data) if path is not None)}"):
        (found,) = run(environment, "commands.scaffold.answer", "write", argument)
    made: Mapping[str, Any] = found
    return made


def _told(found: Mapping[str, Any], folder: Path, model: Path, data: Path | None) -> list[str]:
    fields = "1 field" if found["fields"] == 1 else f"{found['fields']} fields"
    lines = [f"Wrote {', '.join(found['files'])} into {folder.resolve()}: {fields}."]
    if data is not None:
        lines.append(f"Tried: the example, and {found['passed']:,} of {found['rows']:,} rows of {data.name} pass.")
    else:
        lines.append("Tried: an example, which is made up; with --data TRAIN.csv it is a real row.")
    lines += found["notes"]
    lines.append("\nTo look at, marked with `# check:` in the files:")
    lines += [f"  {mark}: {_some(names)}" for mark, names in found["marks"].items()]
    lines.append("  form.yml: title, units and texts")
    options = shlex.join(["--model", str(model), *(["--project", str(folder)] if folder != Path() else [])])
    return [*lines, "\nThen:", f"  cli check {options}", f"  cli serve {options}"]


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
