"""What a stage's parts are called on AWS, before they are there: ARNs with * where CloudFormation makes up the rest."""

from dataclasses import dataclass

TAIL = 14
"""Characters that CloudFormation adds to a name, at most: a hyphen and what makes it unique."""
LONGEST_ROLE, LONGEST_BUCKET, LONGEST_QUEUE = 64, 63, 80
ROLES = ("ApiRole", "WorkerRole", "DeadLettersRole")
QUEUES = ("Queue", "DeadLetterQueue")
PAYLOADS, DEPLOYMENTS = "PayloadBucket", "ServerlessDeploymentBucket"


def generated(stack: str, logical: str, longest: int) -> str:
    """The name of a resource, with * for what is made up.

    A name that would be too long is cut by CloudFormation: what is left without the tail and two hyphens is shared
    by stack and resource, the stack's half rounded up. AWS documents none of this; it was measured
    (https://github.com/KensioSoftware/yulin/issues/1113).
    """
    if len(stack) + 1 + len(logical) + TAIL <= longest:
        return f"{stack}-{logical}-*"
    left = longest - TAIL
    return f"{stack[: (left + 1) // 2]}*-{logical[: left // 2]}*"


@dataclass(frozen=True, kw_only=True)
class Names:
    """One stage in one account and region; `bucket` holds its models."""

    partition: str
    account: str
    region: str
    stack: str
    service: str
    stage: str
    bucket: str

    def arn(self, service: str, resource: str) -> str:
        """Of what belongs to a region and an account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        """Of what belongs to an account."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    def s3(self, path: str) -> str:
        """Of a bucket or of objects."""
        return f"arn:{self.partition}:s3:::{path}"

    @property
    def roles(self) -> list[str]:
        """Of the Lambdas."""
        return [self.iam(f"role/{generated(self.stack, role, LONGEST_ROLE)}") for role in ROLES]

    @property
    def functions(self) -> str:
        return self.arn("lambda", f"function:{self.stack}-*")

    @property
    def log_groups(self) -> str:
        """And of their streams."""
        return self.arn("logs", f"log-group:/aws/lambda/{self.stack}-*")

    @property
    def queues(self) -> list[str]:
        return [self.arn("sqs", generated(self.stack, queue, LONGEST_QUEUE)) for queue in QUEUES]

    @property
    def tables(self) -> str:
        return self.arn("dynamodb", f"table/{self.stack}-*")

    @property
    def payloads(self) -> str:
        """Of the bucket through which large documents travel."""
        return self.s3(generated(self.stack, PAYLOADS, LONGEST_BUCKET).lower())

    @property
    def deployments(self) -> str:
        """Of the bucket in which osls keeps zips and templates."""
        return self.s3(generated(self.stack, DEPLOYMENTS, LONGEST_BUCKET).lower())

    @property
    def models(self) -> str:
        return self.s3(self.bucket)

    @property
    def pointer(self) -> str:
        """Of the object that says which model is current."""
        return self.s3(f"{self.bucket}/pointers/{self.service}/{self.stage}.json")
