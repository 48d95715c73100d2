"""The role of a stage that is deployed by GitHub Actions, for a template or for a stage of any name."""

from typing import Any

from commands.deployment import Deployment
from commands.github.names import Names
from commands.github.role import Role
from tests.aws.emulator import REGION

ACCOUNT = "000000000000"
SUBJECT = "repo:octocat@583231/flowers@1296269:ref:refs/heads/main"


def role_of(deployment: Deployment, **changes: Any) -> Role:
    """As `cli setup-ci` makes it."""
    bucket = deployment.bucket or f"{deployment.service}-models"
    names: dict[str, Any] = {"partition": "aws", "account": ACCOUNT, "region": REGION, "bucket": bucket}
    named = {"stack": deployment.stack, "service": deployment.service, "stage": deployment.stage}
    return Role(names=Names(**{**names, **named, **changes}), subject=SUBJECT)
