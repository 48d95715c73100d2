"""cli list-objects, promote, rollback, delete: the tags of a registry, and which of them is current."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from commands.console import confirm, out, plain_errors, say
from commands.models import open_registry
from commands.options import AnyBucketArgument, DeployedOption, JsonOption, ProjectOption, StateOption, YesOption
from commands.reach import reach
from commands.switching import Service, find_service
from serving.errors import ModelRefused
from serving.manifest import Manifest, Pointer
from serving.models import ModelRegistry
from serving.settings import Settings

TagArgument = Annotated[str, typer.Argument(metavar="TAG", help="The model's version, such as v1.")]
USUAL = {"numpy", "scipy", "pandas"}
"""Libraries of every model: the table leaves them out."""


def promote(
    tag: TagArgument,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
) -> None:
    """Make a model current, if what is running can load it."""
    with plain_errors():
        service = find_service(project, state_dir, stage, command="cli promote {tag}")
        registry = service.backend.registry
        before = registry.pointer()
        _tell(service, before, registry.promote(tag, fits=service.check))


def rollback(project: ProjectOption = None, state_dir: StateOption = None, stage: DeployedOption = None) -> None:
    """Make the model before the current one current again."""
    with plain_errors():
        service = find_service(project, state_dir, stage, command="cli rollback")
        registry = service.backend.registry
        before = registry.pointer()
        _tell(service, before, registry.rollback(fits=service.check))


def delete(
    tag: TagArgument,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    yes: YesOption = False,
) -> None:
    """Delete a model that is neither current nor the one before."""
    with plain_errors():
        _, backend = reach(project, state_dir, stage)
        backend.registry.check_unused(tag)
        confirm(f"Delete the model {tag}?", yes)
        backend.registry.delete(tag)
        say(f"{tag} is deleted.")


def list_objects(
    bucket: AnyBucketArgument = None,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the models in a bucket, and who serves them."""
    with plain_errors():
        if bucket is None:
            registry = reach(project, state_dir, stage)[1].registry
        else:
            registry = open_registry(Settings.read(project_dir=project, state_dir=state_dir, stage=stage), bucket)
        pointers, current = registry.pointers(), registry.pointer()
        found = [_described(registry, tag, pointers) for tag in registry.tags()]
        if as_json:
            rows = [{**row, "current": current is not None and current.tag == row["tag"]} for row in found]
            out.print_json(json.dumps(rows))
            return
        if not found:
            name = bucket or registry.bucket.name
            say(f"{name} holds no model yet: `cli upload {name} PATH --tag v1`.")
            return
        out.print(_table(found))


def _tell(service: Service, before: Pointer | None, now: Pointer) -> None:
    if before is not None and before.current == now.current:
        say(f"{now.tag} is current already.")
        return
    said = f" (before: {before.tag})" if before is not None else ""
    say(f"{now.tag} is current now{said}. {service.follow}")


def _described(registry: ModelRegistry, tag: str, pointers: Mapping[str, Pointer]) -> dict[str, Any]:
    """A manifest and who uses it; one that can't be read hides no other."""
    used = {
        "current_in": [name for name, pointer in pointers.items() if pointer.tag == tag],
        "previous_in": [name for name, pointer in pointers.items() if pointer.previous and pointer.previous.tag == tag],
    }
    try:
        return {**registry.manifest(tag).model_dump(mode="json"), **used}
    except ModelRefused as error:
        return {"tag": tag, **used, "problem": str(error)}


def _table(rows: list[dict[str, Any]]) -> Table:
    cells = [_cells(row) for row in rows]
    shown = [name for name in COLUMNS if any(row.get(name) for row in cells)]
    table = Table(box=None)
    for name in shown:
        table.add_column(name, overflow="fold", no_wrap=name not in LONG)  # a tag that is cut off can't be copied
    for row in cells:
        table.add_row(*(row.get(name, "") for name in shown))
    return table


COLUMNS = ("tag", "current", "previous", "sha256", "uploaded", "versions", "metrics", "forced", "problem")
LONG = {"current", "previous", "versions", "metrics", "forced", "problem"}


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    users = {which: escape(", ".join(row[f"{which}_in"])) for which in ("current", "previous")}
    if "problem" in row:
        return {"tag": row["tag"], **users, "problem": f"[red]{escape(row['problem'])}[/red]"}
    manifest = Manifest.model_validate(row)
    versions = ", ".join(f"{n} {v}" for n, v in manifest.versions.items() if n not in USUAL)
    metrics = ", ".join(f"{name} {value}" for name, value in manifest.metrics.items())
    return {
        "tag": row["tag"],
        **users,
        "sha256": manifest.sha256[:8],
        "versions": escape(versions),
        "metrics": escape(metrics),
        "uploaded": manifest.created_at[:10],
        "forced": escape(manifest.forced or ""),
    }
