"""An emulated account with what the stack holds, and sessions that may do what a role may, or a part of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3

from serving.aws.connect import AwsBackend, connect_aws
from serving.settings import Settings
from tests.aws.emulator import REGION, Emulator
from tests.aws.fixtures import make_bucket
from tests.aws.template import Template
from tests.manifests import manifest_of

KEPT = ("AWS::SQS::", "AWS::DynamoDB::", "AWS::S3::", "AWS::IAM::", "AWS::Logs::")
"""Nothing that runs: the tests are the functions."""
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Account:
    """`policies` has each role's policy as IAM has it, all names resolved."""

    emulator: Emulator
    settings: Settings
    policies: dict[str, dict[str, Any]]
    root: boto3.Session = field(default_factory=lambda: boto3.Session(region_name=REGION))

    def session(self, role: str, *, without: tuple[str, str] | None = None) -> boto3.Session:
        """What a role may do; without one action of one statement, (Sid, action)."""
        iam, sts = self.emulator.client("iam"), self.emulator.client("sts")
        name = f"{role}-{next(_numbers)}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))["Role"]
        kept = [_reduced(statement, without) for statement in self.policies[role]["Statement"]]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy([s for s in kept if s["Action"]]))
        keys = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="test")["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)

    @contextmanager
    def backend(self, session: boto3.Session, **changes: Any) -> Iterator[AwsBackend]:
        """The real adapters, as this session may use them."""
        backend = connect_aws(self.settings.model_copy(update=changes), session)
        try:
            yield backend
        finally:
            backend.close()

    def received(self) -> list[dict[str, Any]]:
        """Everything that waits, as the trigger would give it to a function."""
        sqs = self.emulator.client("sqs")
        names = {"MessageSystemAttributeNames": ["ApproximateReceiveCount"], "MaxNumberOfMessages": 10}
        found = sqs.receive_message(QueueUrl=self.settings.queue_url, **names).get("Messages", [])
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            for message in found
        ]

    def send(self, body: str) -> None:
        """What nobody of ours would write."""
        self.emulator.client("sqs").send_message(QueueUrl=self.settings.queue_url, MessageBody=body)

    def purge(self) -> None:
        """Leave the queue empty."""
        self.emulator.client("sqs").purge_queue(QueueUrl=self.settings.queue_url)


def open_account(emulator: Emulator, template: Template, project: Path, model: Path) -> Account:
    """The stack's queues, tables, bucket and roles, and a model bucket with a model; AWS_ENDPOINT_URL must be set."""
    stack = template.deployment.stack
    kept = {name: found for name, found in template.resources.items() if found["Type"].startswith(KEPT)}
    document = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": kept}
    cloudformation, iam = emulator.client("cloudformation"), emulator.client("iam")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(document), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    summaries = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    names = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in summaries}
    policies = {}
    for role in template.of("AWS::IAM::Role"):
        (policy,) = iam.list_role_policies(RoleName=names[role])["PolicyNames"]
        policies[role] = iam.get_role_policy(RoleName=names[role], PolicyName=policy)["PolicyDocument"]
    settings = Settings.read(
        {},
        backend="aws",
        service=template.deployment.service,
        project_dir=project,
        max_records=3000,
        aws_region=REGION,
        bucket=template.deployment.bucket,
        queue_url=names["Queue"],
        table=names["Table"],
        features_table=names["FeaturesTable"],
        payload_bucket=names["PayloadBucket"],
    )
    account = Account(emulator=emulator, settings=settings, policies=policies)
    make_bucket(str(settings.bucket), account.root).client.close()
    with account.backend(account.root) as backend:
        backend.registry.upload(model, manifest_of(model.read_bytes(), project=settings.project_dir))
        backend.registry.promote("v1")
    return account


def _reduced(statement: dict[str, Any], without: tuple[str, str] | None) -> dict[str, Any]:
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    return {**statement, "Action": [action for action in actions if (statement["Sid"], action) != without]}


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
