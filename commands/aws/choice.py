"""Which model a deployment serves: the one that was named, the current one, or the one that was just trained."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.aws.stored import model_file
from commands.console import err
from commands.gate.gate import Gate
from commands.storing import examine, mention
from serving.errors import TagMissing
from serving.manifest import Manifest, check_tag
from serving.models import ModelRegistry
from serving.project import Project
from serving.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A checked model; `path` is where its bytes are on this machine, None when they are in the bucket already.

    `modules` are those of the project that it has imported, by name.
    """

    manifest: Manifest
    path: Path | None
    modules: Sequence[str] = ()


def choose(
    settings: Settings, registry: ModelRegistry | None, *, model: Path | None, tag: str | None, force: str | None = None
) -> Choice:
    """`registry` is None when there is no bucket yet. Raises ModelRefused, TagMissing."""
    if tag is not None:
        check_tag(tag)
    if model is not None and not model.is_file():
        raise TagMissing(f"There is no {model}: train a model first, or give another path.")
    trained = settings.project_dir / "build" / "model.pkl"
    current = registry.pointer() if registry else None
    if model is None and tag is None:
        if registry and current:
            _mention(trained, current.sha256)
            return _from_bucket(settings, registry, current.tag, force)
        model = trained
        if not model.is_file():
            raise TagMissing(
                f"No model is uploaded and {trained} is not there: run the project's train.py with {trained.parent} as "
                "its argument, or name a pickle with --model PATH."
            )
    if model is not None:
        examined = examine(settings, model, tag=tag, force=force)
        if registry is not None:
            registry.check_free(examined.manifest)
        return Choice(manifest=examined.manifest, path=model, modules=examined.modules)
    assert tag is not None
    if registry is None:
        raise TagMissing(f"There is no bucket yet that could hold {tag}: name the file with --model PATH.")
    return _from_bucket(settings, registry, tag, force)


def _from_bucket(settings: Settings, registry: ModelRegistry, tag: str, force: str | None) -> Choice:
    """A model of the bucket: it must fit the project as it is now, under the versions that its manifest names."""
    manifest = registry.manifest(tag)
    with model_file(registry, manifest) as path:
        gate = Gate(settings, path, watch=mention, versions=manifest.versions)
        stopped = [finding for finding in gate.run().failures if not finding.forceable]
        if [finding.check for finding in stopped] == ["versions"] and _unchanged(settings, manifest):
            # It was tried when it was uploaded; the deployment brings its versions, this machine's Python can't.
            err.print(f"{tag} is not tried again: {stopped[0].message}", markup=False, highlight=False, soft_wrap=True)
            return Choice(manifest=manifest, path=None)
        gate.findings.require(force or manifest.forced)
        assert gate.tried is not None
        return Choice(manifest=manifest, path=None, modules=gate.tried.modules)


def _unchanged(settings: Settings, manifest: Manifest) -> bool:
    return Project.load(settings.project_dir).schema_hash == manifest.schema_hash


def _mention(trained: Path, sha256: str) -> None:
    if trained.is_file() and hashlib.sha256(trained.read_bytes()).hexdigest() != sha256:
        text = f"{trained} is another model than the current one; --model {trained} deploys it."
        err.print(text, markup=False, highlight=False, soft_wrap=True)
