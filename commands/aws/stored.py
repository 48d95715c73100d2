"""The model that `cli deploy` would take from the bucket: the named one, else the current one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from commands.aws.account import Account
from commands.deployment import Deployment
from serving.aws.models import S3Bucket
from serving.errors import BucketMissing, TagMissing
from serving.manifest import Manifest
from serving.models import ModelRegistry


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A service's stage and a model of its bucket."""

    deployment: Deployment
    registry: ModelRegistry
    manifest: Manifest

    @classmethod
    def find(cls, project: Path | None, stage: str | None, tag: str | None) -> "Stored":
        """Raises BucketMissing, TagMissing, and ServingError for what AWS refuses."""
        deployment, account = deployment_on_aws(project, stage)
        bucket = S3Bucket(str(deployment.bucket), account.session)
        if not bucket.exists(owner=account.id):
            raise BucketMissing(
                f"There is no bucket {bucket.name} in account {account.id}: `cli create-bucket {bucket.name}` makes "
                f"it, and `cli upload {bucket.name} model.pkl --tag v1` puts a model there."
            )
        registry = ModelRegistry(bucket=bucket, service=deployment.service, stage=deployment.stage)
        current = registry.pointer()
        wanted = tag or (current.tag if current else None)
        if wanted is None:
            raise TagMissing(
                f"No model of {bucket.name} is current for {deployment.stack}: upload one with "
                f"`cli upload {bucket.name} model.pkl --tag v1`, or name one with MODEL_TAG."
            )
        return cls(deployment=deployment, registry=registry, manifest=registry.manifest(wanted))


def deployment_on_aws(project: Path | None, stage: str | None) -> tuple[Deployment, Account]:
    """The settings, with region and bucket as AWS knows them. Raises ServingError."""
    deployment = Deployment.read(project_dir=project, stage=stage, backend="aws")
    account = Account(deployment.aws_region)
    name = deployment.bucket or models_bucket(deployment.service, account.id, account.region)
    return deployment.model_copy(update={"bucket": name, "aws_region": account.region}), account


def models_bucket(service: str, account: str, region: str) -> str:
    """The bucket's name where service.toml has none: S3's names are shared by all accounts, and 63 characters long."""
    return f"{service[:28]}-models-{account}-{region}"


@contextmanager
def model_file(registry: ModelRegistry, manifest: Manifest) -> Iterator[Path]:
    """A model's pickle, on this machine for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pkl"
        path.write_bytes(registry.content(manifest.version))
        yield path
