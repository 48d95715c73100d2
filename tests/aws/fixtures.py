"""The emulated AWS as a fixture, and what a stack would hold: a queue, two tables, two buckets, by fresh names."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import count

import boto3
import botocore.session
import pytest

from serving.aws.models import S3Bucket
from tests.aws.emulator import REGION, Emulator, running_emulator
from tests.aws.wire import Wire, running_wire

botocore.session.create_loader = cache(botocore.session.create_loader)
"""A session reads AWS's descriptions of its services anew: 0.14 s of CPU each. In this process one reading will do."""
_numbers = count(1)
MAX_RECEIVES = 20


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One account for all tests that need no empty one."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture
def session(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """Where boto3 finds the emulator, in this process and in those that it starts."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    return boto3.Session(region_name=REGION)


@pytest.fixture
def wire(emulator: Emulator, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Every call of boto3 goes through it, also those of child processes."""
    with running_wire(emulator.url) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def make_stack(emulator: Emulator, *, visibility: int = 360) -> dict[str, str]:
    """The settings that reach a queue with its dead-letter queue, tables and buckets, all of them empty."""
    name = f"stack-{next(_numbers)}"
    sqs, dynamodb, s3 = (emulator.client(service) for service in ("sqs", "dynamodb", "s3"))
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
    attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": policy, "MessageRetentionPeriod": "1209600"}
    queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    for table in (name, f"{name}-features"):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        )
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=f"{name}-payloads", **place)
    for client in (sqs, dynamodb, s3):
        client.close()
    return {
        "backend": "aws",
        "aws_region": REGION,
        "queue_url": queue,
        "table": name,
        "features_table": f"{name}-features",
        "payload_bucket": f"{name}-payloads",
        "bucket": f"{name}-models",
    }


def make_bucket(name: str, session: boto3.Session) -> S3Bucket:
    """A model bucket as `cli create-bucket` makes it."""
    bucket = S3Bucket(name, session)
    assert bucket.create()
    return bucket
