"""Which model a deployment serves: the one that was named, the current one, or the one that was just trained."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.console import err
from commands.models import inspect
from serving.errors import ModelRefused, TagMissing
from serving.manifest import Manifest, check_tag
from serving.models import ModelRegistry
from serving.project import Project
from serving.settings import Settings

OURS = ("app", "worker", "serving", "commands", "cli", "tests", "__main__")
"""What is loaded from this repository when it is the project itself, and is no part of the model."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A checked model; `path` is where its bytes are on this machine, None when they are in the bucket already.

    `modules` are those of the project that it has imported, by name.
    """

    manifest: Manifest
    path: Path | None
    modules: Sequence[str] = ()


def choose(settings: Settings, registry: ModelRegistry | None, *, model: Path | None, tag: str | None) -> Choice:
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
            return _from_bucket(settings, registry, current.tag)
        model = trained
        if not model.is_file():
            raise TagMissing(
                f"No model is uploaded and {trained} is not there: run the project's train.py with {trained.parent} as "
                "its argument, or name a pickle with --model PATH."
            )
    if model is not None:
        manifest = inspect(settings, model, tag, None)
        if registry is not None:
            registry.check_free(manifest)
        return Choice(manifest=manifest, path=model, modules=_imported_from(settings.project_dir))
    assert tag is not None
    if registry is None:
        raise TagMissing(f"There is no bucket yet that could hold {tag}: name the file with --model PATH.")
    return _from_bucket(settings, registry, tag)


def _from_bucket(settings: Settings, registry: ModelRegistry, tag: str) -> Choice:
    """A model of the bucket: it must fit the project as it is now."""
    from worker.model import check_versions, unpickle
    from worker.predictor import Predictor

    manifest = registry.manifest(tag)
    project = Project.load(settings.project_dir)
    try:
        check_versions(manifest)
    except ModelRefused as error:  # the deployment brings those versions; this machine need not have them
        err.print(f"{tag} is not tried on this machine: {error}", markup=False, highlight=False, soft_wrap=True)
        return Choice(manifest=manifest, path=None)
    Predictor(
        project,
        unpickle(registry.content(manifest.version)),
        batch_rows=settings.batch_rows,
        memory=settings.predict_memory,
        seconds=settings.predict_timeout,
    )
    return Choice(manifest=manifest, path=None, modules=_imported_from(settings.project_dir))


def _imported_from(folder: Path) -> list[str]:
    """The modules of the project that are loaded now: those that the model needs."""
    root = folder.resolve()
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and root in Path(file).parents and not name.startswith(OURS):
            found.append(name)
    return found


def _mention(trained: Path, sha256: str) -> None:
    if trained.is_file() and hashlib.sha256(trained.read_bytes()).hexdigest() != sha256:
        text = f"{trained} is another model than the current one; --model {trained} deploys it."
        err.print(text, markup=False, highlight=False, soft_wrap=True)
