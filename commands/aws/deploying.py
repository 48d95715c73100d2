"""The steps of `cli deploy`: each is said before it is taken, and a failure after the last one undoes them."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from commands.aws.account import Account
from commands.aws.choice import Choice, choose
from commands.aws.log import Log
from commands.aws.osls import ROOT, osls
from commands.aws.rollback import earlier_deployment
from commands.aws.smoke import smoke_test
from commands.aws.stack import Deployed, Stack, find, located
from commands.console import byte_progress, err
from commands.deployment import BUILD, Deployment
from commands.packaging.build import Package, build, requirements_name, target_of
from commands.packaging.steps import step
from commands.packaging.versions import remember
from serving.aws.models import S3Bucket
from serving.errors import ServingError
from serving.keys import KeyRing
from serving.models import ModelRegistry, Pointer
from serving.project import Project

DEAD = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
"""States of a stack that CloudFormation lets nobody change."""

LOOK_BACK, SHOWN = 300, 8
"""Seconds and lines of the log that a failed smoke test is explained with."""


@dataclass
class Deploying:
    """One deployment on its way."""

    account: Account
    deployment: Deployment
    project: Project
    bucket: S3Bucket
    endpoint: str = ""

    @classmethod
    def begin(cls, project: Path | None, stage: str | None) -> "Deploying":
        """Read the settings, and whose account this is. Raises ServingError before anything is changed."""
        deployment = Deployment.read(project_dir=project, stage=stage, backend="aws")
        account = Account(deployment.aws_region)
        name = deployment.bucket or models_bucket(deployment, account)
        deployment = deployment.model_copy(update={"bucket": name, "aws_region": account.region})
        return cls(
            account=account,
            deployment=deployment,
            project=Project.load(deployment.project_dir),
            bucket=S3Bucket(name, account.session),
        )

    def run(self, *, model: Path | None, tag: str | None) -> Mapping[str, Any]:
        """All steps; the smoke test's prediction. Raises ServingError."""
        say(f"{self.deployment.stack} in account {self.account.id}, {self.account.region}")
        registry = self._registry()
        there = self.bucket.exists()
        with step("Checking the model with the project's example"):
            choice = choose(self.deployment, registry if there else None, model=model, tag=tag)
        host = self.deployment.package_for == "host"
        if there:
            self._recall(registry, choice, host)
        package = build(self.deployment, manifest=choice.manifest, host=host, folder=ROOT / BUILD)
        if not there:
            with step(f"Making the bucket {self.deployment.bucket}"):
                self.bucket.create()
        before = registry.pointer()
        self._upload(registry, choice, package)
        stack = find(self.account, self.deployment)
        if stack is not None and stack.status in DEAD:
            raise ServingError(
                f"{stack.name} is {stack.status} and can't be deployed any more: `cli remove --stage "
                f"{self.deployment.stage}`, then deploy again."
            )
        earlier = earlier_deployment(self.account, self.deployment) if stack else None
        with self._temporary_key(stack) as key:
            say("Deploying the stack")
            osls(self.deployment, self.account, "deploy")
            return self._switch(registry, choice, before, earlier, key)

    def _registry(self) -> ModelRegistry:
        return ModelRegistry(bucket=self.bucket, service=self.deployment.service, stage=self.deployment.stage)

    def _recall(self, registry: ModelRegistry, choice: Choice, host: bool) -> None:
        """The library versions that this model was deployed with before, wherever that was."""
        kept = registry.kept(choice.manifest.tag, requirements_name(target_of(self.deployment, host=host)))
        if kept is not None:
            remember(kept.decode(), ROOT / BUILD / ".cache")

    def _upload(self, registry: ModelRegistry, choice: Choice, package: Package) -> None:
        manifest = choice.manifest
        if choice.path is not None:
            with byte_progress() as progress:
                task = progress.add_task(f"Uploading {manifest.tag}", total=manifest.size)
                new = registry.upload(choice.path, manifest, lambda count: progress.advance(task, count))
                progress.update(task, completed=manifest.size)
            if not new:
                say(f"{manifest.tag} is already in {self.deployment.bucket}")
        registry.keep(manifest.tag, package.requirements_name, package.requirements.read_bytes())

    def _switch(
        self, registry: ModelRegistry, choice: Choice, before: Pointer | None, earlier: str | None, key: str | None
    ) -> Mapping[str, Any]:
        """Make the model current and prove it; undo both when it does not answer."""
        tag = choice.manifest.tag
        found = find(self.account, self.deployment)
        if found is None:
            raise ServingError(f"The stack {self.deployment.stack} is not there after osls has deployed it.")
        self.endpoint = found.outputs["Endpoint"].rstrip("/")
        with step(f"Making {tag} current"):
            registry.promote(tag)
        try:
            with step(f"Asking {self.endpoint} for the example's prediction"):
                return smoke_test(self.endpoint, self.project.example, tag, key=key)
        except (ServingError, KeyboardInterrupt) as error:
            said = escape(str(error) or "interrupted")
            err.print(f"[red]The smoke test failed[/red]: {said}", highlight=False, soft_wrap=True)
            self._tell_why(found)
            self._undo(registry, before, tag, earlier)
            raise

    def _tell_why(self, stack: Stack) -> None:
        """The last warnings and errors of the new Lambdas."""
        there = Deployed(account=self.account, deployment=located(self.deployment, stack), stack=stack)
        try:
            lines = [line for line in Log(there, text=None, seconds=LOOK_BACK).lines(follow=False) if line.troubled]
        except ServingError:
            return
        for line in lines[-SHOWN:]:
            say(f"  {line}")

    def _undo(self, registry: ModelRegistry, before: Pointer | None, tag: str, earlier: str | None) -> None:
        """The pointer first, because that is quick; then the stack."""
        if before is not None and before.tag != tag:
            with step(f"Going back to the model {before.tag}"):
                registry.promote(before.tag)
        if earlier is not None:
            say("Going back to the stack as it was deployed before")
            osls(self.deployment, self.account, "rollback", "--timestamp", earlier)
        else:
            say(
                f"This was the first deployment: the stack stays, so that you can look at it (`cli logs --stage "
                f"{self.deployment.stage}`); `cli remove --stage {self.deployment.stage}` removes it."
            )

    @contextmanager
    def _temporary_key(self, stack: Stack | None) -> Iterator[str | None]:
        """An API key for the smoke test, where the service has keys; made before the new Lambdas start and read it."""
        if stack is None or "Table" not in stack.outputs:
            yield None
            return
        there = Deployed(account=self.account, deployment=located(self.deployment, stack), stack=stack)
        ring = KeyRing(there.backend().predictions, ttl=self.deployment.result_ttl)
        if not ring.api_keys():
            yield None
            return
        name = f"smoke-test-{secrets.token_hex(4)}"
        key = ring.create_api_key(name)
        try:
            yield key
        finally:
            ring.revoke_api_key(name)


def models_bucket(deployment: Deployment, account: Account) -> str:
    """The bucket's name where service.toml has none: S3's names are shared by all accounts, and 63 characters long."""
    return f"{deployment.service[:28]}-models-{account.id}-{account.region}"


def say(message: str) -> None:
    """A step of the deployment, for whoever watches."""
    err.print(message, markup=False, highlight=False, soft_wrap=True)
