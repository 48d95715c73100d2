"""API, worker and trigger in this process, on the emulator, with a wire between boto3 and it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from app.main import create_app
from serving.aws.connect import AwsBackend, connect_aws
from serving.local.event_source import Context
from serving.project import Project
from serving.settings import Settings
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_bucket, make_stack
from tests.aws.wire import Wire
from tests.making import pickled, write_project
from tests.manifests import manifest_of
from tests.running import PATIENCE
from worker.main import Worker

SCHEMA = "x: float = Field(examples=[1])\nnote: str = ''"


class Api:
    """The app as clients see it, on an event loop of its own."""

    def __init__(self, settings: Settings, backend: AwsBackend) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(create_app(settings, backend), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://api", timeout=PATIENCE)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, f"/api/predict{path}", **options))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@dataclass
class Driven:
    """A service whose model doubles x."""

    emulator: Emulator
    wire: Wire
    settings: Settings
    backend: AwsBackend
    worker: Worker
    api: Api
    sqs: Any
    receives: int = 0

    def post(self, records: Any, **headers: str) -> str:
        """A POST that is accepted; returns the prediction_id."""
        answer = self.api("POST", "", json=records, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["prediction_id"])

    def get(self, prediction_id: str) -> dict[str, Any]:
        answer = self.api("GET", f"/{prediction_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def poll(self) -> bool:
        """What Lambda's trigger does with one batch; False when nothing is visible."""
        found = self.sqs.receive_message(
            QueueUrl=self.settings.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        if not found:
            return False
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            for message in found
        ]
        self.receives = max(int(record["attributes"]["ApproximateReceiveCount"]) for record in records)
        answer = self.worker({"Records": records}, Context(PATIENCE))
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.settings.queue_url, ReceiptHandle=record["receiptHandle"])
        return True

    def drain(self) -> None:
        """Poll, and let the queue's time pass, until it is empty."""
        until = time.monotonic() + PATIENCE
        while True:
            depth = self.depth()
            if not depth["waiting"] and not depth["hidden"]:
                return
            if not self.poll():
                self.emulator.passes(10)
            assert time.monotonic() < until, depth

    def lets_pass(self, seconds: float) -> None:
        """An hour of the queue in a few seconds: whatever becomes visible is received."""
        for _ in range(int(seconds / 10)):
            while self.poll():
                continue
            self.emulator.passes(10)

    def depth(self) -> dict[str, int]:
        """Not over the wire."""
        names = {"waiting": "", "hidden": "NotVisible"}
        found = self.sqs.get_queue_attributes(QueueUrl=self.settings.queue_url, AttributeNames=["All"])["Attributes"]
        return {name: int(found[f"ApproximateNumberOfMessages{suffix}"]) for name, suffix in names.items()}

    def dead(self) -> int:
        """Messages in the dead-letter queue."""
        url = f"{self.settings.queue_url}-dead"
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])


@contextmanager
def driven(
    emulator: Emulator, wire: Wire, folder: Path, *, schema: str = SCHEMA, pipeline: Any = None, **changes: Any
) -> Iterator[Driven]:
    """Everything warm: the keys are read, the model is loaded, every connection is open."""
    project = write_project(folder / "project", schema)
    settings = Settings.read({}, project_dir=project, **{**make_stack(emulator), "model_refresh": 600, **changes})
    session = boto3.Session(region_name=settings.aws_region)
    bucket = make_bucket(str(settings.bucket), session)
    bucket.client.close()
    backend = connect_aws(settings, session)
    _upload(backend, settings, pickled(folder / "model.pkl", pipeline or _doubling()))
    worker = Worker.build(settings, backend)
    sqs = emulator.client("sqs")
    made = Driven(emulator, wire, settings, backend, worker, Api(settings, backend), sqs)
    made.get(made.post(Project.load(project).example))
    made.drain()
    wire.calls.clear()
    yield made
    wire.heals()
    made.api.close()
    worker.close()
    backend.close()
    sqs.close()


def _doubling() -> Any:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3]})
    return make_pipeline(LinearRegression()).fit(frame, frame["x"] * 2)


def _upload(backend: AwsBackend, settings: Settings, path: Path) -> None:
    backend.registry.upload(path, manifest_of(path.read_bytes(), project=settings.project_dir))
    backend.registry.promote("v1")
