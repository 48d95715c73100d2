"""What osls can roll back to: it keeps the packages of the last deployments in a bucket of the stack."""

from botocore.exceptions import ClientError

from commands.aws.account import Account, aws_errors
from commands.deployment import Deployment


def earlier_deployment(account: Account, deployment: Deployment) -> str | None:
    """The timestamp, in milliseconds, of the deployment that is served now; None when osls keeps none."""
    with aws_errors():
        try:
            found = account.client("cloudformation").describe_stack_resource(
                StackName=deployment.stack, LogicalResourceId="ServerlessDeploymentBucket"
            )
        except ClientError:
            return None
        bucket = found["StackResourceDetail"]["PhysicalResourceId"]
        prefix = f"serverless/{deployment.service}/{deployment.stage}/"
        pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        names = {item["Key"].removeprefix(prefix).split("/")[0] for page in pages for item in page.get("Contents", [])}
    stamps = [name.split("-")[0] for name in names if "-" in name]
    return max(stamps, default=None)
