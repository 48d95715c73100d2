"""Only on AWS: how large documents travel, and what becomes of their objects."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.aws.connect import AwsBackend, connect_aws
from serving.aws.queue import CHUNK, LARGEST_BODY
from serving.errors import PayloadLost, SettingsError
from serving.message import Message
from serving.ports import Row
from serving.prediction import Prediction, Status
from serving.settings import Settings
from tests.aws.emulator import Emulator
from tests.aws.fixtures import make_stack
from tests.contract.test_predictions import large


@pytest.fixture
def settings(emulator: Emulator) -> Settings:
    return Settings.read({}, **make_stack(emulator))


@pytest.fixture
def backend(session: boto3.Session, settings: Settings) -> Iterator[AwsBackend]:
    made = connect_aws(settings, session)
    yield made
    made.close()


@pytest.fixture
def s3(emulator: Emulator) -> Iterator[Any]:
    client = emulator.client("s3")
    yield client
    client.close()


def objects(s3: Any, settings: Settings) -> list[str]:
    found = s3.list_objects_v2(Bucket=settings.payload_bucket).get("Contents", [])
    return [entry["Key"] for entry in found]


def item(emulator: Emulator, settings: Settings, key: str) -> dict[str, Any]:
    client = emulator.client("dynamodb")
    found: dict[str, Any] = client.get_item(TableName=settings.table, Key={"key": {"S": key}})["Item"]
    client.close()
    return found


def body(backend: AwsBackend, settings: Settings, emulator: Emulator, message: Message) -> str:
    """The message as SQS has it."""
    backend.queue.send([message])
    sqs = emulator.client("sqs")
    (found,) = sqs.receive_message(QueueUrl=settings.queue_url)["Messages"]
    sqs.close()
    return str(found["Body"])


def random_json(size: int) -> bytes:
    return b'"' + random.Random(size).randbytes(size // 2).hex().encode() + b'"'


def test_the_body_of_a_message_is_as_cheap_as_it_can_be(
    backend: AwsBackend, settings: Settings, emulator: Emulator, s3: Any, message: Message
) -> None:
    small = body(backend, settings, emulator, message)
    assert small == message.to_text()
    medium = body(backend, settings, emulator, message._replace(payload=random_json(5 * CHUNK)))
    head, _, payload = medium.partition("\n")
    assert json.loads(head)["prediction_id"] == message.prediction_id
    assert payload.startswith("gzip:")
    assert len(medium) < 4 * CHUNK
    assert objects(s3, settings) == []
    big = message._replace(payload=random_json(3 * LARGEST_BODY))
    claim = body(backend, settings, emulator, big)
    assert len(claim) < 1000
    (key,) = objects(s3, settings)
    assert claim.endswith(f"\ns3:{key}")
    stored = s3.get_object(Bucket=settings.payload_bucket, Key=key)["Body"].read()
    assert gzip.decompress(stored) == big.payload


@pytest.mark.parametrize("damage", ["deleted", "changed"])
def test_a_payload_that_is_gone_leaves_the_head_of_its_message(
    backend: AwsBackend, settings: Settings, emulator: Emulator, s3: Any, message: Message, damage: str
) -> None:
    text = body(backend, settings, emulator, message._replace(payload=random_json(3 * LARGEST_BODY)))
    (key,) = objects(s3, settings)
    if damage == "deleted":
        s3.delete_object(Bucket=settings.payload_bucket, Key=key)
    else:
        s3.put_object(Bucket=settings.payload_bucket, Key=key, Body=gzip.compress(b'"other"'))
    with pytest.raises(PayloadLost) as lost:
        backend.queue.open(text)
    assert lost.value.head == message._replace(payload=b"")


def test_a_message_can_not_name_an_object_of_another_kind(
    backend: AwsBackend, message: Message, s3: Any, settings: Settings
) -> None:
    for key in ("dead/a", "results/a-" + "0" * 32, "messages/../dead/a-" + "0" * 32):
        with pytest.raises(ValueError, match="names no payload"):
            backend.queue.open(message._replace(payload=f"s3:{key}".encode()).to_text())


def test_small_answers_are_in_the_item_and_large_ones_in_the_bucket(
    backend: AwsBackend, settings: Settings, emulator: Emulator, s3: Any, pending: Prediction
) -> None:
    answer = pending._replace(status=Status.SUCCEEDED, finished_at=1)
    for name, result in (("small", b"1"), ("even", b"[" + b"1.5,\n" * 5_000 + b"1]"), ("large", random_json(40_000))):
        backend.predictions.finish([answer._replace(prediction_id=name, result=result)])
    small, even, big = (item(emulator, settings, name) for name in ("small", "even", "large"))
    assert b'"result":1' in small["document"]["B"]
    assert (even["encoding"], len(even["document"]["B"]) < 1000) == ({"S": "gzip"}, True)
    assert [big["object"]["S"]] == objects(s3, settings)
    assert "document" not in big
    assert int(small["ttl"]["N"]) == -(-pending.expires_at // 1000)


def test_erasing_a_prediction_erases_every_copy_of_its_input(
    backend: AwsBackend, settings: Settings, emulator: Emulator, s3: Any, message: Message, pending: Prediction
) -> None:
    payload = random_json(3 * LARGEST_BODY)
    neighbour = message._replace(prediction_id=f"{message.prediction_id}-2", payload=payload)
    backend.queue.send([neighbour])
    kept = objects(s3, settings)
    backend.queue.send([message._replace(payload=payload), message._replace(payload=payload[:-1] + b' "')])
    backend.predictions.finish([large(pending)])
    assert len(objects(s3, settings)) == 4
    backend.predictions.erase(pending)
    assert objects(s3, settings) == kept


def test_erasing_an_answer_erases_its_object(
    backend: AwsBackend, settings: Settings, s3: Any, pending: Prediction
) -> None:
    backend.predictions.finish([large(pending)])
    assert len(objects(s3, settings)) == 1
    backend.predictions.erase(pending)
    assert objects(s3, settings) == []


def test_a_deletion_that_broke_off_can_be_repeated(
    backend: AwsBackend, settings: Settings, s3: Any, pending: Prediction
) -> None:
    backend.predictions.finish([large(pending)])
    (key,) = objects(s3, settings)
    backend.predictions.erase(pending)
    s3.put_object(Bucket=settings.payload_bucket, Key=key, Body=b"as if it had not been deleted")
    backend.predictions.erase(pending)
    assert objects(s3, settings) == []


def test_who_comes_second_leaves_no_object(
    backend: AwsBackend, settings: Settings, s3: Any, pending: Prediction
) -> None:
    first, second = large(pending, 1), large(pending, 2)
    backend.predictions.finish([first])
    kept = objects(s3, settings)
    assert backend.predictions.finish([first, second]) == [False, False]
    assert objects(s3, settings) == kept
    assert backend.predictions.get([pending.prediction_id]) == [Row(document=first.to_json(), status=first.status)]


def test_an_answer_that_is_given_again_after_its_deletion_leaves_no_object(
    backend: AwsBackend, pending: Prediction, settings: Settings, s3: Any
) -> None:
    answer = large(pending)
    backend.predictions.finish([answer])
    backend.predictions.erase(pending)
    assert backend.predictions.finish([answer]) == [False]
    assert objects(s3, settings) == []


@pytest.mark.parametrize("damage", ["deleted", "changed"])
def test_an_answer_whose_object_is_lost_says_so(
    backend: AwsBackend,
    settings: Settings,
    s3: Any,
    pending: Prediction,
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    backend.predictions.finish([large(pending)])
    (key,) = objects(s3, settings)
    if damage == "deleted":
        s3.delete_object(Bucket=settings.payload_bucket, Key=key)
    else:
        s3.put_object(Bucket=settings.payload_bucket, Key=key, Body=gzip.compress(b"{}"))
    (found,) = backend.predictions.get([pending.prediction_id])
    assert found is not None
    assert found.document is not None
    answer = json.loads(found.document)
    assert (found.status, answer["status"], answer["error"]["code"]) == (Status.FAILED, "failed", "result_lost")
    assert answer["accepted_at"] == json.loads(pending.to_json())["accepted_at"]
    assert answer["expires_at"] == json.loads(pending.to_json())["expires_at"]
    assert f"prediction_id={pending.prediction_id} its result is missing" in caplog.text
    backend.predictions.erase(pending)
    assert backend.predictions.get([pending.prediction_id]) == [Row(document=None, status=Status.SUCCEEDED)]


def test_dead_letters_are_listed_without_reading_one(backend: AwsBackend, settings: Settings, s3: Any) -> None:
    for key in ("dead/b-1700000000001", "dead/a-1700000000002", "dead/b-1700000000000", "dead/odd", "dead/"):
        s3.put_object(Bucket=settings.payload_bucket, Key=key, Body=b"no letter at all")
    keys = backend.dead_letters.keys()
    assert [(key.id, key.died_at) for key in keys] == [("b", 1_700_000_000_001), ("a", 1_700_000_000_002)]


def test_every_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="needs QUEUE_URL, FEATURES_TABLE, PAYLOAD_BUCKET, BUCKET, AWS_REGION;"):
        connect_aws(Settings.read({}, backend="aws", table="t", project_dir=tmp_path))
