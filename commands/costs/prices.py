"""What AWS charges: the list prices of what the stack uses, each with the day it was last seen and its public page.

First tiers of us-east-1; other regions differ. A price that has changed is changed here alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REGION = "us-east-1"
MILLION = 1_000_000
GB = 1024**3
"""Bytes, as AWS counts them."""
CALL_CHUNK = 512 * 1024
"""Bytes of a call that the HTTP API bills as one; whatever is longer counts again."""
WRITE_UNIT, READ_UNIT = 1024, 4096
"""Bytes of an item that DynamoDB bills as one write, and as one consistent read, which may find nothing."""
ITEM_OVERHEAD = 100
"""Bytes that DynamoDB adds to each item that it stores."""
FREE_TIER = (
    "AWS's free tier is not subtracted: each month a million Lambda calls and 400,000 GB-s, a million SQS requests, "
    "25 GB of DynamoDB, 5 GB of logs, ten alarms, three dashboards, 100 GB sent to the internet."
)


@dataclass(frozen=True, kw_only=True)
class Price:
    """`usd` for `per` of the unit."""

    service: str
    unit: str
    usd: float
    per: int = 1
    as_of: str  # ISO 8601, as exactly as it is known
    source: str

    def of(self, quantity: float) -> float:
        """USD for so much of the unit."""
        return quantity * self.usd / self.per


_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_SQS = "https://aws.amazon.com/sqs/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_S3 = "https://aws.amazon.com/s3/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_SNS = "https://aws.amazon.com/sns/pricing/"
_TRANSFER = "https://aws.amazon.com/ec2/pricing/on-demand/"

PRICES: Mapping[str, Price] = {
    "gateway_calls": Price(
        service="HTTP API", unit="calls", usd=1.00, per=MILLION, as_of="2026-09-21", source=_GATEWAY
    ),
    "lambda_calls": Price(service="Lambda", unit="calls", usd=0.20, per=MILLION, as_of="2026-09-19", source=_LAMBDA),
    "lambda_arm64": Price(service="Lambda", unit="GB-s", usd=0.0000133334, as_of="2026-09-19", source=_LAMBDA),
    "lambda_x86_64": Price(service="Lambda", unit="GB-s", usd=0.0000166667, as_of="2026-09-19", source=_LAMBDA),
    "snapshots_kept": Price(service="Lambda", unit="GB-s", usd=0.0000015046, as_of="2026-05", source=_LAMBDA),
    "snapshots_restored": Price(service="Lambda", unit="GB", usd=0.0001397998, as_of="2026-05", source=_LAMBDA),
    "sqs_requests": Price(service="SQS", unit="requests", usd=0.40, per=MILLION, as_of="2026-06", source=_SQS),
    "dynamodb_writes": Price(  # half of what it was before November 2024
        service="DynamoDB", unit="write units", usd=0.625, per=MILLION, as_of="2026-09-11", source=_DYNAMODB
    ),
    "dynamodb_reads": Price(
        service="DynamoDB", unit="read units", usd=0.125, per=MILLION, as_of="2026-09-11", source=_DYNAMODB
    ),
    "dynamodb_stored": Price(service="DynamoDB", unit="GB-months", usd=0.25, as_of="2026-09-11", source=_DYNAMODB),
    "s3_puts": Price(service="S3", unit="PUTs", usd=0.005, per=1000, as_of="2025-10-28", source=_S3),
    "s3_gets": Price(service="S3", unit="GETs", usd=0.0004, per=1000, as_of="2025-10-28", source=_S3),
    "s3_stored": Price(service="S3", unit="GB-months", usd=0.023, as_of="2025-10-28", source=_S3),
    "logs_taken": Price(service="CloudWatch", unit="GB", usd=0.50, as_of="2026-09", source=_CLOUDWATCH),
    "logs_stored": Price(service="CloudWatch", unit="GB-months", usd=0.03, as_of="2026-06", source=_CLOUDWATCH),
    "alarms": Price(service="CloudWatch", unit="alarms", usd=0.10, as_of="2026-06", source=_CLOUDWATCH),
    "dashboards": Price(service="CloudWatch", unit="dashboards", usd=3.00, as_of="2026-06", source=_CLOUDWATCH),
    "mails": Price(service="SNS", unit="mails", usd=2.00, per=100_000, as_of="2026-06", source=_SNS),
    "sent": Price(service="Internet", unit="GB", usd=0.09, as_of="2026-09-20", source=_TRANSFER),
}
