"""A deployed service: its CloudFormation stack, and the settings that reach what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from commands.aws.account import Account, aws_errors
from commands.deployment import Deployment
from serving.adapters import Backend
from serving.errors import ServingError


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What CloudFormation knows of one service's stage."""

    name: str
    status: str
    changed_at: str  # ISO 8601
    outputs: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A service on AWS, ready for the commands."""

    account: Account
    deployment: Deployment
    stack: Stack

    @property
    def whole(self) -> bool:
        """Whether it ever came to be: what broke off on its first deployment has no outputs."""
        return "Endpoint" in self.stack.outputs

    @property
    def endpoint(self) -> str:
        """Where clients reach it."""
        return self.stack.outputs["Endpoint"].rstrip("/")

    @property
    def functions(self) -> Mapping[str, str]:
        """The names of its Lambdas, by what they do."""
        names = {"api": "ApiFunction", "worker": "WorkerFunction", "dead letters": "DeadLetterFunction"}
        return {role: self.stack.outputs[output] for role, output in names.items()}

    def backend(self) -> Backend:
        """The service's own adapters."""
        from serving.aws.connect import connect_aws

        return connect_aws(self.deployment, self.account.session)


def find(account: Account, deployment: Deployment) -> Stack | None:
    """The deployment's stack, None when there is none. Raises ServingError when its name is taken by another one."""
    with aws_errors():
        try:
            (described,) = account.client("cloudformation").describe_stacks(StackName=deployment.stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
    found = _stack(described)
    if found.tags.get("service", deployment.service) != deployment.service or "service" not in found.tags:
        raise ServingError(
            f"{found.name} in {account.region} is the stack of {found.tags.get('service', 'something else')}, "
            f"not of {deployment.service}: choose another name or stage."
        )
    return found


def check_deployable(stack: Stack, deployment: Deployment) -> None:
    """Raises ServingError for a stack that CloudFormation would not change now, with what to do first."""
    status = stack.status
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}:
        advice = f"it can only be removed: {deployment.command('remove')}, then deploy again"
    elif status.endswith("_IN_PROGRESS"):
        advice = "wait until CloudFormation has finished what an earlier command began"
    elif status == "UPDATE_ROLLBACK_FAILED":
        advice = "continue its rollback in the console of CloudFormation, then deploy again"
    else:
        return
    raise ServingError(f"{stack.name} is {status}: {advice}.")


def deployed(project: Path | None, stage: str | None, *, broken: bool = False) -> Deployed:
    """The service that the project's service.toml names, at this stage; with `broken`, also a half of one.

    Raises ServingError when it is not deployed.
    """
    deployment = Deployment.read(project_dir=project, stage=stage, backend="aws")
    account = Account(deployment.aws_region)
    stack = find(account, deployment)
    if stack is None or not (broken or "Endpoint" in stack.outputs):
        there = _stages(account, deployment.service)
        advice = f"it is at {', '.join(there)}" if there else f"{deployment.command('deploy')} does that"
        raise ServingError(
            f"{deployment.service} is not deployed at the stage {deployment.stage} in {account.region}: {advice}."
        )
    return Deployed(account=account, deployment=located(deployment, stack), stack=stack)


def _stages(account: Account, service: str) -> list[str]:
    """Where the service is deployed in this region, as far as these credentials may know."""
    try:
        with aws_errors():
            pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
            tags = [_stack(found).tags for page in pages for found in page["Stacks"]]
    except ServingError:  # the role of `cli setup-ci` may see one stack alone
        return []
    return sorted(found["stage"] for found in tags if found.get("service") == service and "stage" in found)


def located(deployment: Deployment, stack: Stack) -> Deployment:
    """The same deployment, with the names of what the stack holds."""
    names = {
        "queue_url": "QueueUrl",
        "table": "Table",
        "features_table": "FeaturesTable",
        "payload_bucket": "PayloadBucket",
        "bucket": "ModelBucket",
    }
    found = {setting: stack.outputs[output] for setting, output in names.items() if output in stack.outputs}
    return deployment.model_copy(update=found)


def _stack(found: Mapping[str, Any]) -> Stack:
    changed = found.get("LastUpdatedTime") or found["CreationTime"]
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        changed_at=changed.isoformat(timespec="seconds").replace("+00:00", "Z"),
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])},
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
    )
