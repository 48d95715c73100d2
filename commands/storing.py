"""From a pickle to a manifest, through the gate; and into a bucket, whole or not at all."""

import json
import platform
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from commands.console import byte_progress, err
from commands.gate.finding import Finding, Level
from commands.gate.gate import Gate
from commands.reach import options_for
from serving.errors import RegistryError
from serving.manifest import Manifest, check_tag, now
from serving.models import ModelRegistry
from serving.settings import Settings, same_bucket


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A model that may be stored; `modules` are those of the project that were imported for it."""

    manifest: Manifest
    modules: Sequence[str]


def examine(
    settings: Settings, path: Path, *, tag: str | None, metrics: Path | None = None, force: str | None = None
) -> Examined:
    """The manifest of a model file that passes the gate; without a tag, under one made of its content.

    Raises ModelRefused, RegistryError for a tag that can't be one.
    """
    if tag is not None:
        check_tag(tag)
    given = _metrics(metrics or path.with_name("metrics.json"), required=metrics is not None)
    gate = Gate(settings, path, watch=mention)
    inspection, environment, tried, forced = gate.require(force)
    assert gate.project is not None
    manifest = Manifest(
        tag=tag if tag is not None else f"{settings.service}-{inspection.sha256[:8]}",
        sha256=inspection.sha256,
        size=inspection.size,
        created_at=now(),
        python=platform.python_version(),
        libraries=environment.libraries,
        imports=inspection.imports,
        scan=inspection.scan,
        feature_names=tried.feature_names,
        classes=tried.classes,
        schema_hash=gate.project.schema_hash,
        metrics=given,
        forced=forced,
    )
    return Examined(manifest=manifest, modules=tried.modules)


def store(
    registry: ModelRegistry,
    settings: Settings,
    path: Path,
    *,
    tag: str | None,
    promote: bool,
    metrics: Path | None = None,
    force: str | None = None,
    fits: Callable[[Manifest], None] = lambda manifest: None,
) -> Manifest:
    """Check the model and upload it; `fits` may refuse that it takes the place of what runs.

    Raises ConfigurationError, RegistryError.
    """
    with err.status(f"checking {escape(path.name)}"):
        manifest = examine(settings, path, tag=tag, metrics=metrics, force=force).manifest
    with byte_progress() as progress:
        task = progress.add_task(f"uploading {manifest.tag}", total=manifest.size)
        uploaded = registry.upload(path, manifest, lambda count: progress.advance(task, count))
        progress.update(task, completed=manifest.size)
    state = "is uploaded" if uploaded else "is already there"
    err.print(f"{manifest.tag} {state}, sha256 {manifest.sha256[:12]}.", highlight=False, soft_wrap=True)
    before = registry.pointer()
    if before is None:
        registry.promote(manifest.tag)
    elif promote:
        registry.promote(manifest.tag, fits=fits)
    current = before is None or promote or before.tag == manifest.tag
    name = registry.bucket.name
    here = "" if same_bucket(name, settings.models_at) else f", where {name} is `bucket` in service.toml"
    promoting = shlex.join(["cli", "promote", manifest.tag, *options_for(settings)])
    which = "is current" if current else f"is not current: `{promoting}` makes it so{here}"
    err.print(f"{manifest.tag} {which}.", highlight=False, soft_wrap=True)
    return manifest


def mention(finding: Finding) -> None:
    """Warnings go to the terminal; a failure will be the error that ends the command."""
    if finding.level is Level.WARNED:
        err.print("[yellow]warning:[/yellow]", end=" ")
        err.print(finding.told, markup=False, highlight=False, soft_wrap=True)


def _metrics(path: Path, *, required: bool) -> dict[str, object]:
    """Raises RegistryError for a file that is no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise RegistryError(f"There is no {path}.") from None
        return {}
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise RegistryError(f'{path} must hold a JSON object, such as {{"accuracy": 0.97}}.')
    return found
