"""Puts the backend on AWS together: clients are made once, before the first request."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from serving.adapters import Backend
from serving.aws.clients import THREADS, LateClient, Session, client
from serving.aws.faults import Fault, said
from serving.aws.features import DynamoFeatures
from serving.aws.models import S3Bucket
from serving.aws.payloads import Payloads
from serving.aws.predictions import DynamoPredictions
from serving.aws.queue import S3DeadLetters, SqsQueue
from serving.aws.session import quick_session
from serving.aws.table import Table
from serving.errors import SettingsError
from serving.models import ModelRegistry
from serving.settings import Settings

NEEDED = ("queue_url", "table", "features_table", "payload_bucket", "bucket")


class Looking:
    """The ResultSignal port: nothing on AWS rings a bell, so whoever waits looks again and again."""

    # A waiting Lambda of 1 GiB costs $13 a million seconds, and ten looks a second $1.25: looking more rarely would
    # save little and pay for idle time.
    SECONDS = 0.1

    async def changed(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, self.SECONDS))


@dataclass(frozen=True, kw_only=True)
class AwsBackend(Backend):
    """The backend with what it holds open."""

    payloads: Payloads
    clients: Sequence[Any]
    pool: ThreadPoolExecutor

    def disconnect(self) -> None:
        for one in self.clients:
            one.close()

    def close(self) -> None:
        """Give back connections and threads."""
        self.pool.shutdown()
        self.disconnect()


def connect_aws(settings: Settings, session: Session | None = None, *, sends: bool = True) -> AwsBackend:
    """Calls nothing yet. Who seldom `sends` has the queue's client made when it is needed: 8 ms later.

    Raises SettingsError that names every setting that is missing.
    """
    missing = [name.upper() for name in NEEDED if not getattr(settings, name)]
    try:
        session = session or quick_session(settings.aws_region)
        if session.region_name is None:
            missing.append("AWS_REGION")
        if missing:
            raise SettingsError(f"BACKEND=aws needs {', '.join(missing)}; `cli deploy` sets them for what it deploys.")
        sqs = client(session, "sqs") if sends else LateClient(partial(client, session, "sqs"))
        dynamodb, s3 = (client(session, service) for service in ("dynamodb", "s3"))
    except Fault as error:
        raise SettingsError(said(error)) from error
    bucket = S3Bucket(str(settings.bucket), s3=s3)
    payloads = Payloads(s3, str(settings.payload_bucket))
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
    return AwsBackend(
        queue=SqsQueue(sqs, str(settings.queue_url), payloads, pool),
        dead_letters=S3DeadLetters(payloads, pool),
        predictions=DynamoPredictions(Table(dynamodb, str(settings.table)), payloads, pool),
        registry=ModelRegistry(bucket=bucket, service=settings.service, stage=settings.stage),
        features=DynamoFeatures(Table(dynamodb, str(settings.features_table))),
        results=Looking,
        payloads=payloads,
        clients=(sqs, dynamodb, s3),
        pool=pool,
    )
