"""cli create-bucket, upload, delete-bucket: where models are kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import confirm, err, plain_errors, say
from commands.options import BucketArgument, ForceOption, ProjectOption, YesOption
from serving.errors import BucketMissing, SettingsError
from serving.local.models import FolderBucket
from serving.manifest import check_tag
from serving.models import ModelRegistry
from serving.settings import Settings, is_folder, same_bucket

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
    force: ForceOption = None,
) -> None:
    """Check a model and store it under a tag."""
    with plain_errors():
        from commands.storing import store
        from commands.switching import check_what_runs

        check_tag(tag)
        settings = Settings.read(project_dir=project)
        store(
            existing_registry(settings, bucket),
            settings,
            path,
            tag=tag,
            promote=promote,
            metrics=metrics,
            force=force,
            fits=lambda manifest: check_what_runs(settings, bucket, manifest),
        )
        if not is_folder(bucket) and not same_bucket(bucket, settings.bucket or ""):
            name = bucket.removeprefix("s3://")
            err.print(
                f'Deployments look elsewhere: put `bucket = "{name}"` into {settings.project_dir / "service.toml"}.',
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


def delete_bucket(bucket: BucketArgument, yes: YesOption = False) -> None:
    """Delete a bucket and every model in it."""
    with plain_errors():
        opened = open_bucket(bucket)
        registry = open_registry(Settings.read(), bucket)
        users = ", ".join(f"{name} ({pointer.tag})" for name, pointer in registry.pointers().items())
        served = f" Current there: {users}." if users else ""
        confirm(f"Delete {bucket} and its {len(registry.tags())} models?{served}", yes)
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


def existing_registry(settings: Settings, bucket: str) -> ModelRegistry:
    """The bucket as this service's stage sees it. Raises BucketMissing with the command that makes it."""
    opened = open_bucket(bucket, settings.aws_region)
    if not opened.exists():
        raise BucketMissing(f"{bucket} is no bucket: make it with `cli create-bucket {bucket}`.")
    return ModelRegistry(bucket=opened, service=settings.service, stage=settings.stage)
