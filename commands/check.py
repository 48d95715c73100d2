"""cli check: would this model be served with this schema? Every reason why not, and what to do about it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from commands.console import fail, out, plain_errors
from commands.gate.finding import Finding, Findings, Level
from commands.options import JsonOption, ProjectOption, StoredOption
from serving.settings import Settings

MARKS = {
    Level.PASSED: "[green]✓[/green]",
    Level.WARNED: "[yellow]![/yellow]",
    Level.FAILED: "[red]✗[/red]",
}


def check(
    project: ProjectOption = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="The pickled Pipeline.", show_default="build/model.pkl")
    ] = None,
    stored: StoredOption = False,
    tag: Annotated[
        str | None,
        typer.Option("--tag", envvar="MODEL_TAG", help="With --stored: which one.", show_default="the current one"),
    ] = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Only the project: schema, form, example, imports.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a model against its project, as upload, deploy and serve do.

    The file is read before anything in it is loaded; then the model is loaded
    in a process of its own, under the library versions that it was made with.
    Exits 1 when a check fails.
    """
    with plain_errors():
        from commands.gate.gate import Gate

        if sum((model is not None, stored, without_model)) > 1:
            fail("Give one of --model, --stored and --without-model: each says what is checked.")
        watch = (lambda finding: None) if as_json else show
        settings = Settings.read(project_dir=project)
        path = model or settings.project_dir / "build" / "model.pkl"
        if stored:
            findings = _of_the_bucket(project, tag, watch)
        elif without_model:
            findings = Gate(settings, path, watch=watch).run_without_model()
        else:
            findings = Gate(settings, path, watch=watch).run()
        if as_json:
            out.print_json(json.dumps([finding.to_dict() for finding in findings.found]))
        failures = len(findings.failures)
        if failures:
            forceable = all(finding.forceable for finding in findings.failures)
            way = " `cli upload --force REASON` stores it all the same." if forceable else ""
            fail(f"{failures} {'check fails' if failures == 1 else 'checks fail'}.{way}")
        if not (as_json or stored or without_model):
            where = f" --project {settings.project_dir}" if project else ""
            out.print(f"\nReady: `cli serve{where} --model {path}`.", markup=False, highlight=False, soft_wrap=True)


def _of_the_bucket(project: Path | None, tag: str | None, watch: Callable[[Finding], None]) -> Findings:
    """Of the stored model, under the versions that its manifest names."""
    from commands.aws.stored import Stored, model_file
    from commands.gate.gate import Gate

    found = Stored.find(project, None, tag)
    with model_file(found.registry, found.manifest) as path:
        return Gate(found.deployment, path, watch=watch, versions=found.manifest.versions).run()


def show(finding: Finding) -> None:
    """One line, in the words of the finding; then what is to be typed, as it is."""
    text = f"{MARKS[finding.level]} [bold]{finding.check:<12}[/bold] {escape(finding.message)}"
    out.print(text, highlight=False, soft_wrap=True)
    if finding.lines:
        out.print(f"\n{finding.lines}\n", markup=False, highlight=False, soft_wrap=True)
