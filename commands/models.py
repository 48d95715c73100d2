"""cli create-bucket, upload, list-objects, delete-bucket: where models are kept."""

import hashlib
import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from commands.console import byte_progress, confirm, err, fail, out, plain_errors, say
from commands.options import BucketArgument, JsonOption, ProjectOption, YesOption
from serving.errors import BucketMissing, SettingsError
from serving.local.models import FolderBucket
from serving.manifest import Library, Manifest, Scan, now
from serving.models import ModelRegistry
from serving.project import Project
from serving.settings import Settings, is_folder

if TYPE_CHECKING:
    from serving.aws.models import S3Bucket


def create_bucket(bucket: BucketArgument) -> None:
    """Make a bucket for models."""
    with plain_errors():
        made = open_bucket(bucket).create()
        say(f"{bucket} {'is made' if made else 'is a bucket already'}.")


def upload(
    bucket: BucketArgument,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The pickled Pipeline.")],
    tag: Annotated[str, typer.Option("--tag", help="The model's version, such as v1; it can't be changed.")],
    promote: Annotated[bool, typer.Option("--promote", help="Make it current; the first one always is.")] = False,
    project: ProjectOption = None,
    metrics: Annotated[
        Path | None,
        typer.Option("--metrics", help="JSON for the manifest.", show_default="metrics.json beside PATH"),
    ] = None,
) -> None:
    """Check a model and store it under a tag."""
    with plain_errors():
        settings = Settings.read(project_dir=project)
        store(settings, bucket, path, tag=tag, promote=promote, metrics=metrics)


def list_objects(bucket: BucketArgument, as_json: JsonOption = False) -> None:
    """List the models in a bucket."""
    with plain_errors():
        registry = open_registry(Settings.read(), bucket)
        manifests = registry.manifests()
        pointer = registry.pointer()
        users = registry.pointers()
        where = {m.tag: [name for name, found in users.items() if found.tag == m.tag] for m in manifests}
        if as_json:
            current = pointer and pointer.tag
            rows = [
                {**m.model_dump(mode="json"), "current": m.tag == current, "current_in": where[m.tag]}
                for m in manifests
            ]
            out.print_json(json.dumps(rows))
            return
        if not manifests:
            say(f"{bucket} holds no model yet: `cli upload {bucket} PATH --tag v1`.")
            return
        table = Table("tag", "current in", "sha256", "size", "scikit-learn", "metrics", "uploaded", box=None)
        for m in manifests:
            figures = ", ".join(f"{name} {value}" for name, value in m.metrics.items())
            table.add_row(
                m.tag,
                ", ".join(where[m.tag]),
                m.sha256[:12],
                f"{m.size:,}",
                m.versions.get("scikit-learn", ""),
                figures,
                m.created_at,
            )
        out.print(table)


def delete_bucket(bucket: BucketArgument, yes: YesOption = False) -> None:
    """Delete a bucket and every model in it."""
    with plain_errors():
        opened = open_bucket(bucket)
        registry = open_registry(Settings.read(), bucket)
        users = ", ".join(f"{name} ({pointer.tag})" for name, pointer in registry.pointers().items())
        served = f" Current there: {users}." if users else ""
        confirm(f"Delete {bucket} and its {len(registry.manifests())} models?{served}", yes)
        opened.delete()
        say(f"{bucket} is deleted.")


def open_bucket(bucket: str, region: str | None = None) -> "FolderBucket | S3Bucket":
    """A folder, or a bucket of S3 in the region that the settings or the credentials name."""
    if is_folder(bucket):
        return FolderBucket(bucket)
    from commands.aws.account import Account  # boto3 takes a fifth of a second
    from serving.aws.models import S3Bucket

    try:
        account = Account(region or Settings.read().aws_region)
    except SettingsError as error:
        raise SettingsError(f"{error} {bucket!r} names a bucket on S3; a folder is ./{bucket}.") from error
    return S3Bucket(bucket, account.session)


def open_registry(settings: Settings, bucket: str) -> ModelRegistry:
    """The bucket as this service's stage sees it. Raises RegistryError."""
    return ModelRegistry(
        bucket=open_bucket(bucket, settings.aws_region), service=settings.service, stage=settings.stage
    )


def store(
    settings: Settings, bucket: str, path: Path, *, tag: str | None, promote: bool, metrics: Path | None = None
) -> Manifest:
    """Check the model against the project and upload it; without a tag, under one made of its content.

    Raises ConfigurationError, RegistryError.
    """
    opened = open_bucket(bucket, settings.aws_region)
    registry = ModelRegistry(bucket=opened, service=settings.service, stage=settings.stage)
    if not opened.exists():
        raise BucketMissing(f"{bucket} is no bucket: make it with `cli create-bucket {bucket}`.")
    manifest = inspect(settings, path, tag, metrics)
    with byte_progress() as progress:
        task = progress.add_task(f"uploading {manifest.tag}", total=manifest.size)
        uploaded = registry.upload(path, manifest, lambda count: progress.advance(task, count))
        progress.update(task, completed=manifest.size)
    first = registry.pointer() is None
    if promote or first:
        registry.promote(manifest.tag)
    state = "is uploaded" if uploaded else "is already there"
    current = registry.pointer()
    which = "current" if current is not None and current.tag == manifest.tag else "not current: --promote makes it so"
    err.print(f"{manifest.tag} {state} ({which}), sha256 {manifest.sha256[:12]}.", highlight=False, soft_wrap=True)
    return manifest


def inspect(settings: Settings, path: Path, tag: str | None, metrics: Path | None) -> Manifest:
    """The manifest of a model file that fits the project. Raises ModelRefused, ProjectError."""
    from worker.model import library_versions, unpickle  # scikit-learn takes a second to import
    from worker.predictor import Predictor

    try:
        content = path.read_bytes()
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror}. Train a model first, or give another path.")
    project = Project.load(settings.project_dir)
    predictor = Predictor(
        project,
        unpickle(content),
        batch_rows=settings.batch_rows,
        memory=settings.predict_memory,
        seconds=settings.predict_timeout,
    )
    sha256 = hashlib.sha256(content).hexdigest()
    return Manifest(
        tag=tag if tag is not None else f"{settings.service}-{sha256[:8]}",
        sha256=sha256,
        size=len(content),
        created_at=now(),
        python=platform.python_version(),
        libraries={n: Library(version=v, read_from="machine") for n, v in library_versions().items()},
        imports=[],
        scan=Scan(verdict="clean", scanner="none"),
        feature_names=predictor.feature_names,
        classes=predictor.classes,
        schema_hash=project.schema_hash,
        metrics=_metrics(metrics or path.with_name("metrics.json"), required=metrics is not None),
    )


def _metrics(path: Path, *, required: bool) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            fail(f"There is no {path}.")
        return {}
    except (OSError, ValueError) as error:
        fail(f"{path} is not JSON: {error}.")
    if not isinstance(found, dict):
        fail(f'{path} must hold a JSON object, such as {{"accuracy": 0.97}}.')
    return found
