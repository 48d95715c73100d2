"""Only on AWS: messages whose payload is damaged or gone, in the worker and in the dead-letter function."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.aws.connect import AwsBackend, connect_aws
from serving.aws.queue import LARGEST_BODY
from serving.message import Message
from serving.ports import Row
from serving.prediction import Prediction, Status
from serving.project import Project
from serving.settings import Settings
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_stack
from tests.contract.test_aws_documents import random_json
from tests.making import write_project
from worker.dead_letters import DeadLetterHandler
from worker.intake import Intake

Take = Callable[[str], None]


@pytest.fixture
def settings(emulator: Emulator) -> Settings:
    return Settings.read({}, **make_stack(emulator))


@pytest.fixture
def backend(session: boto3.Session, settings: Settings) -> Iterator[AwsBackend]:
    made = connect_aws(settings, session)
    yield made
    made.close()


@pytest.fixture(params=["worker", "dead letters"])
def take(request: pytest.FixtureRequest, backend: AwsBackend, tmp_path: Path) -> Take:
    """Hands a message with this body to who settles it: nothing is left of it in the queue."""

    def record(body: str) -> Mapping[str, Any]:
        attributes = {"ApproximateReceiveCount": "1"}
        return {"messageId": "a-message", "receiptHandle": "handle", "body": body, "attributes": attributes}

    def worker(body: str) -> None:
        intake = Intake(backend, Project.load(write_project(tmp_path, "text: str")))
        assert intake.open([record(body)]) == ([], [])

    def dead_letters(body: str) -> None:
        handled = DeadLetterHandler(backend, tries=20)({"Records": [record(body)]}, None)
        assert handled == {"batchItemFailures": []}

    return worker if request.param == "worker" else dead_letters


@pytest.mark.parametrize("payload", [b"gzip:%%%", b"gzip:AAAA", b"gzip:H4sIAAAAAAAA", b"s3:dead/other"])
def test_a_damaged_payload_fails_the_prediction_and_the_message_is_kept(
    backend: AwsBackend, take: Take, message: Message, payload: bytes
) -> None:
    body = message._replace(payload=payload).to_text()
    take(body)
    letter = backend.dead_letters.find(message.prediction_id)
    assert letter is not None
    assert (letter.body, letter.expires_at) == (body, message.expires_at)
    assert code(backend, message) == "dead_letter"


def test_who_was_redriven_in_vain_says_why(backend: AwsBackend, take: Take, message: Message) -> None:
    take(message._replace(payload=b"gzip:%%%").to_text())
    take(message._replace(redriven=True, payload=b"s3:messages/a-" + b"0" * 32).to_text())
    assert code(backend, message) == "input_lost"


def test_a_message_whose_input_was_erased_changes_nothing(
    backend: AwsBackend, take: Take, message: Message, pending: Prediction, emulator: Emulator, settings: Settings
) -> None:
    backend.queue.send([message._replace(payload=random_json(3 * LARGEST_BODY))])
    sqs = emulator.client("sqs")
    (found,) = sqs.receive_message(QueueUrl=settings.queue_url)["Messages"]
    sqs.close()
    backend.predictions.erase(pending)
    take(found["Body"])
    assert backend.predictions.get([message.prediction_id]) == [Row(document=None, status=Status.CANCELLED)]
    assert backend.dead_letters.keys() == []


def code(backend: AwsBackend, message: Message) -> str:
    """Why the prediction failed."""
    (row,) = backend.predictions.get([message.prediction_id])
    assert row is not None
    assert row.document is not None
    return str(json.loads(row.document)["error"]["code"])
