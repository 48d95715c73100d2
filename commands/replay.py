"""cli replay: the rows of a file through two models of the registry, before one of them is promoted."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from commands.console import err, fail, out, plain_errors, row_progress
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption
from commands.reach import reach
from serving.adapters import Backend
from serving.errors import ConfigurationError, ModelRefused
from serving.models import ModelRegistry
from serving.project import Project
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.comparing.differences import Comparison
    from commands.comparing.records import Join
    from commands.comparing.running import Side


def replay(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON, JSON Lines or CSV, as its suffix says; - reads stdin.")
    ],
    before: Annotated[str, typer.Option("--from", metavar="TAG", help="The model to compare with, such as v1.")],
    after: Annotated[str, typer.Option("--to", metavar="TAG", help="The model that may take its place.")],
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    picture: Annotated[
        Path | None, typer.Option("--out", metavar="PICTURE", help="Draw it, too: a name with .png or .svg.")
    ] = None,
    as_json: JsonOption = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N rows.")] = None,
    fail_below: Annotated[
        float | None,
        typer.Option("--fail-below", min=0, max=1, help="Exit with 1 when the agreement is lower, such as 0.99."),
    ] = None,
) -> None:
    """Run a file's rows through two models and show how they differ.

    Each model predicts in a process of its own, under its own libraries, as a
    worker would, with the features that the service has of its entities;
    nothing is promoted or stored. A row that only one of them can take counts
    as different.
    """
    with plain_errors():
        comparison = _compared(
            file, (before, after), project=project, state_dir=state_dir, stage=stage, limit=limit, picture=picture
        )
        if as_json:
            document = {**comparison.document(), "picture": None if picture is None else str(picture)}
            out.print_json(json.dumps(document))
        else:
            _show(comparison, picture)
    if fail_below is not None and comparison.agreement < fail_below:
        fail(f"{before} and {after} agree on {comparison.agreement:.6g} of the rows, below {fail_below:g}.")


def _compared(
    file: str,
    tags: tuple[str, str],
    *,
    project: Path | None,
    state_dir: Path | None,
    stage: str | None,
    limit: int | None,
    picture: Path | None,
) -> "Comparison":
    from commands.batch.records import read_source
    from commands.comparing.picture import check_picture, draw
    from commands.comparing.records import with_records, write_records
    from commands.comparing.running import compare

    if picture is not None:
        check_picture(picture)
    settings, backend = reach(project, state_dir, stage)
    with tempfile.TemporaryDirectory(prefix="replay-") as made:
        folder = Path(made)
        loaded = Project.load(settings.project_dir)
        source = read_source(file)
        sides = _sides(backend.registry, settings, loaded, tags, folder)
        total = source.count if limit is None else min(limit, source.count)
        with _bar(f"reading {source.name}", total) as advance:
            records = write_records(
                source, loaded, folder / "records.jsonl", limit=limit, advance=advance, join=_join(backend, loaded)
            )
        if records.left_out:
            _note(f"Left out, as the schema lacks them: {', '.join(records.left_out)}")
        with _bar(f"{tags[0]} and {tags[1]}", len(records.numbers)) as advance:
            comparison = with_records(compare(source.name, records, sides, settings, advance=advance), source)
    if picture is not None:
        draw(comparison, picture)
    return comparison


def _join(backend: Backend, project: Project) -> "Join":
    """Looks features up as the service's worker does."""
    if not project.views:
        return lambda records: records
    from worker.lookup import Lookup
    from worker.outcome import RowError

    lookup = Lookup(project, backend.features)

    def join(records: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any] | str]:
        (rows,) = lookup.joined([records])
        return [row.message if isinstance(row, RowError) else row for row in rows]

    return join


def _sides(
    registry: ModelRegistry, settings: Settings, project: Project, tags: tuple[str, str], folder: Path
) -> tuple["Side", "Side"]:
    """Both models, their bytes verified. Raises TagMissing, ModelRefused, ModelUnavailable."""
    if tags[0] == tags[1]:
        _note(f"--from and --to are the same tag, {tags[0]}: the model is compared with itself.")
        side = _side(registry, settings, project, tags[0], folder)
        return side, side
    before, after = (_side(registry, settings, project, tag, folder) for tag in tags)
    return before, after


def _side(registry: ModelRegistry, settings: Settings, project: Project, tag: str, folder: Path) -> "Side":
    from commands.comparing.running import Side
    from commands.environments.environment import environment_of
    from commands.gate.covered import check_covered
    from commands.pickles.inspection import check_safe, inspect_model

    manifest = registry.manifest(tag)
    if manifest.scan.verdict != "clean":
        raise ModelRefused(
            f"Model {tag} is not loaded: {manifest.scan.scanner} found code in it that a model does not need. "
            "Train it again and upload it under another tag."
        )
    if manifest.schema_hash != project.schema_hash:
        _note(f"{tag} was uploaded with another validation.py: it is given what passes today's.")
    path = folder / f"{tag}.pkl"
    path.write_bytes(registry.content(manifest.version))
    inspection = replace(inspect_model(path), path=Path(tag))
    check_safe(inspection)  # whoever can write the bucket can write a manifest, too
    check_covered(settings.project_dir, inspection)
    try:
        environment = environment_of(settings.project_dir, manifest.versions)
    except ConfigurationError as error:
        raise ModelRefused(f"Model {tag}: {error}") from error
    return Side(tag=tag, path=path, environment=environment, names=inspection.pairs)


def _show(comparison: "Comparison", picture: Path | None) -> None:
    from commands.comparing.report import tables

    for table in tables(comparison, out.width):
        out.print(table)
    drawn = f"Drawn: {picture}" if picture is not None else "A picture of it: --out replay.png, or .svg."
    out.print(f"\n{escape(drawn)}", highlight=False, soft_wrap=True)


def _note(text: str) -> None:
    err.print(escape(text), style="yellow", highlight=False, soft_wrap=True)


@contextmanager
def _bar(verb: str, total: int) -> Iterator[Callable[[int], None]]:
    progress = row_progress()
    progress.live.transient = True  # the tables say more
    progress.disable = not err.is_terminal
    with progress:
        task = progress.add_task(escape(verb), total=total)
        yield lambda rows: progress.advance(task, rows)
