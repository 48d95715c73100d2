"""The steps of `cli remove`: what would be lost, then the buckets' contents, then the stack."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.aws.account import aws_errors
from commands.aws.osls import ROOT, osls
from commands.aws.stack import Deployed, deployed
from commands.console import err
from commands.deployment import BUILD, Deployment
from commands.packaging.environment import deployment_document


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What goes with a stack."""

    pending: int
    finished: int
    dead_letters: int


@dataclass(frozen=True, kw_only=True)
class Removing:
    """One stage to be removed."""

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
        backend = self.service.backend()
        depth = backend.queue.depth()
        pages = self.service.account.client("dynamodb").get_paginator("scan")
        counted = pages.paginate(
            TableName=self.deployment.table,
            Select="COUNT",
            FilterExpression="attribute_exists(#status)",
            ExpressionAttributeNames={"#status": "status"},
        )
        with aws_errors():
            finished = sum(page["Count"] for page in counted)
        return Contents(
            pending=depth.waiting + depth.in_flight,
            finished=finished,
            dead_letters=len(backend.dead_letters.list()),
        )

    def run(self) -> None:
        """Empty what CloudFormation would refuse to delete, then delete the stack. Raises ServingError."""
        if self.service.whole:
            err.print(f"Emptying {self.deployment.payload_bucket}", highlight=False)
            with aws_errors():
                _empty(self.service.account.client("s3"), str(self.deployment.payload_bucket))
        document = deployment_document(self.deployment, api=BUILD / "api.zip", worker=BUILD / "worker.zip")
        path = ROOT / BUILD / "deployment.json"  # serverless.yml reads it, whatever was packaged last
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
        osls(self.deployment, self.service.account, "remove")


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
