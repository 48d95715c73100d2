"""The steps of `cli deploy`: each is said before it is taken, and a failure after the last one undoes them."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.markup import escape

from commands.aws.account import Account
from commands.aws.choice import Choice, choose
from commands.aws.log import Log
from commands.aws.osls import osls
from commands.aws.rollback import served_now
from commands.aws.smoke import FeaturesMissing, answered, smoke_test
from commands.aws.stack import Deployed, Stack, check_deployable, find, located
from commands.aws.stored import deployment_on_aws
from commands.console import byte_progress, err
from commands.deployment import BUILD, CACHE, Deployment
from commands.packaging.build import Package, build, requirements_name, target_of
from commands.packaging.steps import step
from commands.packaging.versions import remember
from serving.aws.models import S3Bucket
from serving.errors import ServingError
from serving.keys import KeyRing
from serving.manifest import Pointer
from serving.models import ModelRegistry
from serving.project import Project

SMOKE_TEST, HOUR = "smoke-test-", 3600
SHOWN = 8
"""Lines of the log that a failed smoke test is explained with."""
CLOCKS = 5
"""Seconds that this machine's clock may be ahead of AWS's."""


@dataclass
class Deploying:
    """One deployment on its way."""

    account: Account
    deployment: Deployment
    project: Project
    bucket: S3Bucket
    endpoint: str = ""
    keyed: bool = False  # whether clients need an API key
    seconds: dict[str, float] = field(default_factory=dict)  # of the first request, and of the first prediction

    @classmethod
    def begin(cls, project: Path | None, stage: str | None) -> "Deploying":
        """Read the settings, and whose account this is. Raises ServingError before anything is changed."""
        deployment, account = deployment_on_aws(project, stage)
        project_ = Project.load(deployment.project_dir)
        _ = project_.example  # a broken one is told before anything that takes time
        return cls(
            account=account,
            deployment=deployment,
            project=project_,
            bucket=S3Bucket(str(deployment.bucket), account.session),
        )

    def run(self, *, model: Path | None, tag: str | None, force: str | None = None) -> Mapping[str, Any]:
        """All steps; the smoke test's prediction. Raises ServingError."""
        say(f"{self.deployment.stack} in account {self.account.id}, {self.account.region}")
        stack = find(self.account, self.deployment)
        if stack is not None:
            check_deployable(stack, self.deployment)
        registry = self._registry()
        there = self.bucket.exists(owner=self.account.id)
        with step("Checking the model with the project's example"):
            choice = choose(self.deployment, registry if there else None, model=model, tag=tag, force=force)
            self.deployment.check_memory(choice.manifest.size)
        host = self.deployment.package_for == "host"
        if there:
            self._recall(registry, choice, host)
        package = build(
            self.deployment, versions=choice.manifest.versions, modules=choice.modules, host=host, folder=BUILD
        )
        if package.left_out:
            say(f"Left out as data: {', '.join(map(str, package.left_out[:5]))}{' …' * (len(package.left_out) > 5)}")
        if not there:
            with step(f"Making the bucket {self.deployment.bucket}"):
                self.bucket.create()
        before = registry.pointer()
        self._upload(registry, choice, package)
        earlier = served_now(self.account, stack) if stack else None
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
            remember(kept.decode(), CACHE)

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
        began = time.time()
        try:
            with step(f"Making {tag} current"):
                registry.promote(tag)
            with step(f"Asking {self.endpoint} for the example's prediction"):
                with self._timed("first_request"):
                    answered(self.endpoint)
                with self._timed("first_prediction"):
                    return self._ask(tag, key, hopeless=lambda: self._hopeless(found, began))
        except BaseException as error:  # whatever it was: what is not proved is not left to serve
            said = escape(str(error) or "interrupted")
            err.print(f"[red]The smoke test failed[/red]: {said}", highlight=False, soft_wrap=True)
            self._tell_why(found, began)
            self._undo(registry, before, tag, earlier)
            raise

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Nothing runs yet: what is timed includes the start of a Lambda."""
        began = time.monotonic()
        yield
        self.seconds[what] = round(time.monotonic() - began, 2)

    def _ask(self, tag: str, key: str | None, *, hopeless: Callable[[], str | None]) -> Mapping[str, Any]:
        """The example's prediction; where its features are not loaded yet, that of the example with features."""
        try:
            return smoke_test(self.endpoint, self.project.example, tag, key=key, hopeless=hopeless)
        except FeaturesMissing as missing:
            example = self.project.example_with_features
            answer = smoke_test(self.endpoint, example, tag, key=key, hopeless=hopeless)
            say(f"The example was sent with features of its own: {missing} Load them:")
            for view in self.project.views:
                say(f"  {self.deployment.command(f'features load {view} FILE.csv')}")
            return answer

    def _tell_why(self, stack: Stack, began: float) -> None:
        """The last warnings and errors of the new Lambdas, each once."""
        for line in list(dict.fromkeys(self._troubles(stack, began)))[-SHOWN:]:
            say(f"  {line}")

    def _hopeless(self, stack: Stack, began: float) -> str | None:
        """Why there will be no answer: the worker says so at its start, and again at every try."""
        return next((line for line in self._troubles(stack, began) if "can't be loaded" in line), None)

    def _troubles(self, stack: Stack, began: float) -> list[str]:
        there = Deployed(account=self.account, deployment=located(self.deployment, stack), stack=stack)
        try:
            lines = list(Log(there, text=None, seconds=int(time.time() - began) + CLOCKS).lines(follow=False))
        except ServingError:
            return []
        return [line.text for line in lines if line.troubled]

    def _undo(self, registry: ModelRegistry, before: Pointer | None, tag: str, earlier: str | None) -> None:
        """The pointer first, because that is quick; then the stack."""
        try:
            if before is not None and registry.restore(before, instead_of=tag):
                say(f"Went back to the model {before.tag}")
        except ServingError as error:
            say(f"The model could not be taken back: {error}")
        if earlier is not None:
            say("Going back to the stack as it was deployed before")
            osls(self.deployment, self.account, "rollback", "--timestamp", earlier)
        else:
            say(
                "This was the first deployment: the stack stays, so that you can look at it "
                f"({self.deployment.command('logs')}); {self.deployment.command('remove')} removes it."
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
        for left in ring.api_keys():  # by a deployment that was killed
            if left.name.startswith(SMOKE_TEST) and left.created_at < (time.time() - HOUR) * 1000:
                ring.revoke_api_key(left.name)
        self.keyed = True
        name = f"{SMOKE_TEST}{secrets.token_hex(4)}"
        key = ring.create_api_key(name)
        try:
            yield key
        finally:
            ring.revoke_api_key(name)


def say(message: str) -> None:
    """A step of the deployment, for whoever watches."""
    err.print(message, markup=False, highlight=False, soft_wrap=True)
