"""Whether a tag may become current as things are: whether what runs now, or starts next, can load it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from commands.reach import reach
from serving.adapters import Backend
from serving.backend import connect
from serving.errors import RegistryError
from serving.local.lock import locked
from serving.manifest import Manifest
from serving.project import Project
from serving.report import read_report
from serving.settings import Settings, is_folder, same_bucket
from worker.libraries import TWINS

if TYPE_CHECKING:
    from commands.aws.stack import Deployed


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service whose current model is to be moved, and what that model must fit.

    `libraries` is None where the next start brings what the model needs. `other_schema` and `other_libraries` say what
    to do about a tag that does not fit.
    """

    settings: Settings
    backend: Backend
    who: str
    follow: str  # what happens after the move
    schema_hash: str
    libraries: Mapping[str, str] | None
    other_schema: Callable[[str], str]
    other_libraries: Callable[[str], str]

    def check(self, manifest: Manifest) -> None:
        """Raises RegistryError for a tag that can't become current here, ModelRefused for one that nobody may load."""
        manifest.check_scan()
        tag = manifest.tag
        if manifest.schema_hash != self.schema_hash:
            raise RegistryError(f"{tag} was made for another validation.py than {self.who}: {self.other_schema(tag)}.")
        lacking = self._lacking(manifest)
        if lacking and self.settings.version_mismatch == "refuse":
            needed = _listed([f"{name} {manifest.versions[name]}" for name in lacking])
            present = _listed([version or f"no {name}" for name, version in lacking.items()])
            raise RegistryError(f"{tag} needs {needed}, and {self.who} has {present}: {self.other_libraries(tag)}.")

    def _lacking(self, manifest: Manifest) -> dict[str, str | None]:
        """What is there in place of each library that is not there as the model needs it."""
        if self.libraries is None:
            return {}
        present = {n: self.libraries.get(n) or self.libraries.get(TWINS.get(n, n)) for n in manifest.versions}
        return {name: version for name, version in present.items() if version != manifest.versions[name]}


def find_service(project: Path | None, state_dir: Path | None, stage: str | None, *, command: str) -> Service:
    """The service of this machine, or with `stage` the deployed one.

    `command` is what is typed again after a restart, `{tag}` in it the tag. Raises ServingError.
    """
    if stage is None:
        return local_service(*reach(project, state_dir, None), command)
    from commands.aws.stack import deployed  # boto3 takes a fifth of a second

    return deployed_service(deployed(project, stage))


def check_what_runs(settings: Settings, bucket: str, manifest: Manifest) -> None:
    """Like `Service.check`, for a promotion in `bucket`, where a service may run from it or none.

    Raises RegistryError, ModelRefused.
    """
    if is_folder(bucket):
        if same_bucket(bucket, settings.models_at):
            local_service(settings, connect(settings), "cli promote {tag}").check(manifest)
        return
    from commands.aws.account import Account
    from commands.aws.stack import Deployed, find, located
    from commands.deployment import Deployment

    deployment = Deployment.read(project_dir=settings.project_dir, stage=settings.stage, backend="aws")
    account = Account(deployment.aws_region)
    stack = find(account, deployment)
    if stack is not None and stack.outputs.get("ModelBucket") == bucket.removeprefix("s3://"):
        service = Deployed(account=account, deployment=located(deployment, stack), stack=stack)
        deployed_service(service).check(manifest)


def local_service(settings: Settings, backend: Backend, command: str) -> Service:
    anew = "or upload the model anew under another tag"
    if not is_served(settings.state_dir):
        return Service(
            settings=settings,
            backend=backend,
            who=f"the one in {settings.project_dir.resolve()}",
            follow="The next `cli serve` serves it.",
            schema_hash=Project.load(settings.project_dir).schema_hash,
            libraries=None,
            other_schema=lambda tag: f"put that one back, {anew}",
            other_libraries=lambda tag: "",
        )
    report = read_report(backend.predictions)
    if report is None:
        raise RegistryError("No worker of `cli serve` has loaded a model yet: try again when it says that it serves.")
    return Service(
        settings=settings,
        backend=backend,
        who="what is served",
        follow=f"Workers follow within {settings.model_refresh:g} s.",
        schema_hash=report.schema_hash,
        libraries=report.libraries,
        other_schema=lambda tag: f"end `cli serve`, put that one back, and start it again; {anew}",
        other_libraries=lambda tag: (
            f"end `cli serve`, run `{command.format(tag=tag)}`, and start it again, for it brings what is needed"
        ),
    )


def deployed_service(service: "Deployed") -> Service:
    """By the stack's own record, which a deployment that failed takes back with it; else by what workers reported."""
    backend, deployment, outputs = service.backend(), service.deployment, service.stack.outputs
    schema_hash, libraries = outputs.get("SchemaHash"), parsed(outputs.get("Libraries", ""))
    if schema_hash is None or not libraries:  # an earlier version of this project deployed it
        report = read_report(backend.predictions)
        if report is None:
            raise RegistryError(
                f"What {deployment.stack} runs is not known: {deployment.command('deploy --tag TAG')} makes it current."
            )
        schema_hash, libraries = report.schema_hash, dict(report.libraries)
    return Service(
        settings=deployment,
        backend=backend,
        who="what is deployed",
        follow=f"Workers follow within {deployment.model_refresh:g} s.",
        schema_hash=schema_hash,
        libraries=libraries,
        other_schema=lambda tag: f"{deployment.command(f'deploy --tag {tag}')} deploys it with the project as it is",
        other_libraries=lambda tag: f"{deployment.command(f'deploy --tag {tag}')} brings what is needed",
    )


def parsed(libraries: str) -> dict[str, str]:
    """From `carried` of commands/packaging/environment.py: "numpy==2.4.1 scipy==1.17.0"."""
    return dict(one.split("==", 1) for one in libraries.split())


def is_served(state_dir: Path) -> bool:
    """Whether a `cli serve` runs on this state folder."""
    lock = state_dir / "serve.lock"
    if not lock.exists():
        return False
    try:
        with locked(lock, wait=False):
            return False
    except BlockingIOError:
        return True


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
