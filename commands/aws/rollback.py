"""What `cli deploy` can go back to: osls keeps the packages of the last deployments in a bucket of the stack."""

import json
from typing import Any

from commands.aws.account import Account, aws_errors
from commands.aws.stack import Stack


def served_now(account: Account, stack: Stack) -> str | None:
    """The timestamp, in milliseconds, of the deployment that the stack runs; None when it never ran one.

    The newest package is not it: osls uploads before it changes the stack, and what failed was uploaded too.
    """
    with aws_errors():
        template = account.client("cloudformation").get_template(StackName=stack.name)["TemplateBody"]
    resources: dict[str, Any] = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    function = resources.get("ApiLambdaFunction")
    if function is None:
        return None
    # serverless/<service>/<stage>/<milliseconds>-<date>/api.zip
    return str(function["Properties"]["Code"]["S3Key"]).split("/")[3].split("-")[0]
