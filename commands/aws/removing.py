"""The steps of `cli remove`: what would be lost, then the buckets' contents, then the stack."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from commands.aws.account import aws_errors
from commands.aws.osls import osls
from commands.aws.stack import Deployed, deployed, find
from commands.console import err
from commands.deployment import BUILD, Deployment
from commands.packaging.environment import deployment_document
from serving.aws.faults import code_of
from serving.errors import ServingError

GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "NoSuchBucket",
}
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What goes with a stack."""

    pending: int
    finished: int
    dead_letters: int


@dataclass(frozen=True, kw_only=True)
class Removing:
    """One stage to be removed; it may be a half of one, left by a deployment or a removal that broke off."""

    service: Deployed

    @classmethod
    def begin(cls, project: Path | None, stage: str | None) -> "Removing":
        """Raises ServingError when there is nothing to remove."""
        return cls(service=deployed(project, stage, broken=True))

    @property
    def deployment(self) -> Deployment:
        return self.service.deployment

    def contents(self) -> Contents:
        """Count what would be lost. Raises ServingError."""
        if not self.service.whole:
            return Contents(pending=0, finished=0, dead_letters=0)
        return Contents(
            pending=_unless_gone(self._pending),
            finished=_unless_gone(self._finished),
            dead_letters=_unless_gone(lambda: len(_keys(self._s3, self._payloads, "dead/"))),
        )

    def run(self) -> None:
        """Empty what CloudFormation would refuse to delete, then delete the stack. Raises ServingError."""
        document = deployment_document(self.deployment, api=BUILD / "api.zip", worker=BUILD / "worker.zip")
        path = BUILD / "deployment.json"  # serverless.yml reads it, whatever was packaged last
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
        for attempt in range(TRIES):
            if self.service.whole:
                err.print(f"Emptying {self._payloads}", highlight=False)
                _unless_gone(self._empty)
            try:
                osls(self.deployment, self.service.account, "remove")
            except ServingError:
                if attempt == TRIES - 1 or find(self.service.account, self.deployment) is None:
                    raise
                err.print("Something was still written meanwhile: once more.", highlight=False)
            else:
                return

    @property
    def _s3(self) -> Any:
        return self.service.account.client("s3")

    @property
    def _payloads(self) -> str:
        return str(self.deployment.payload_bucket)

    def _pending(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.service.account.client("sqs")
        answer = sqs.get_queue_attributes(QueueUrl=self.deployment.queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)

    def _finished(self) -> int:
        pages = self.service.account.client("dynamodb").get_paginator("scan")
        counted = pages.paginate(
            TableName=self.deployment.table,
            Select="COUNT",
            FilterExpression="attribute_exists(#status)",
            ExpressionAttributeNames={"#status": "status"},
        )
        return sum(page["Count"] for page in counted)

    def _empty(self) -> int:
        keys = _keys(self._s3, self._payloads, "")
        for start in range(0, len(keys), 1000):
            objects = [{"Key": key} for key in keys[start : start + 1000]]
            answer = self._s3.delete_objects(Bucket=self._payloads, Delete={"Objects": objects, "Quiet": True})
            for error in answer.get("Errors", []):
                raise ServingError(f"{error['Key']} can't be deleted: {error['Code']}: {error['Message']}")
        return len(keys)


def _unless_gone(count: Callable[[], int]) -> int:
    """0 for what an earlier removal has deleted already."""
    with aws_errors():
        try:
            return count()
        except ClientError as error:
            if code_of(error) in GONE:
                return 0
            raise


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
