"""The worker's floor on AWS: boto3's clients as well, and no call with them."""

import boto3
from worker_floor import handler

__all__ = ["handler"]
clients = [boto3.client(name) for name in ("sqs", "dynamodb", "s3")]
