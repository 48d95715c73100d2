"""Calls counted at the wire: what a request and a batch cost."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.aws.driven import Driven, driven
from tests.aws.emulator import Emulator
from tests.aws.wire import Answer, Call, Forward, Wire
from tests.manifests import manifest_of

LARGE = {"x": 3, "note": random.Random(1).randbytes(700_000).hex()}
"""It travels through the bucket."""


@pytest.fixture
def service(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[Driven]:
    with driven(emulator, wire, tmp_path, model_refresh=1e-6) as made:
        yield made


def test_a_plain_post_is_one_call(service: Driven, wire: Wire) -> None:
    service.post({"x": 2})
    assert wire.operations == ["SendMessage"]


def test_a_plain_get_is_one_consistent_read(service: Driven, wire: Wire) -> None:
    prediction_id = service.post({"x": 2})
    for status in ("pending", "succeeded"):
        wire.calls.clear()
        assert service.get(prediction_id)["status"] == status
        assert wire.operations == ["GetItem"]
        assert wire.calls[0].json["ConsistentRead"] is True
        service.drain()


def test_several_are_read_consistently_too(service: Driven, wire: Wire) -> None:
    assert service.backend.predictions.get(["a", "b"]) == [None, None]
    (call,) = wire.calls
    assert call.operation == "BatchGetItem"
    assert call.json["RequestItems"][service.settings.table]["ConsistentRead"] is True


def test_a_batch_of_ten_is_eleven_calls_at_most(service: Driven, wire: Wire) -> None:
    ids = [service.post({"x": x}) for x in range(10)]
    wire.calls.clear()
    assert service.poll()
    pointer = f"GET /{service.settings.bucket}/pointers/predictions/dev.json"
    assert sorted(wire.operations) == sorted([pointer, *["PutItem"] * 10])
    assert [service.get(id_)["result"]["prediction"] for id_ in ids] == pytest.approx([2 * x for x in range(10)])


def test_what_is_served_is_reported_when_it_changes_and_at_no_other_batch(
    service: Driven, wire: Wire, tmp_path: Path
) -> None:
    path = tmp_path / "model.pkl"
    manifest = manifest_of(path.read_bytes(), tag="v2", project=service.settings.project_dir)
    service.backend.registry.upload(path, manifest)
    service.backend.registry.promote("v2")
    folder = f"GET /{service.settings.bucket}"
    pointer = f"{folder}/pointers/predictions/dev.json"
    loading = [f"{folder}/models/v2/manifest.json", f"{folder}/models/v2/model.pkl", "GetItem", "PutItem"]
    for extra in (loading, [], []):
        service.post({"x": 1})
        wire.calls.clear()
        assert service.poll()
        assert sorted(wire.operations) == sorted([pointer, "PutItem", *extra])


def test_large_messages_of_a_batch_are_fetched_side_by_side_after_the_first(service: Driven, wire: Wire) -> None:
    ids = [service.post(LARGE) for _ in range(4)]
    together = threading.Barrier(3, timeout=10)  # a call that goes alone breaks it

    def meets(call: Call, forward: Forward) -> Answer:
        together.wait()
        return forward()

    wire.calls.clear()
    wire.breaks("GET /.*/messages/", lambda call, forward: forward(), times=1)
    wire.breaks("GET /.*/messages/", meets)
    assert service.poll()
    reads = [operation for operation in wire.operations if "/messages/" in operation and operation.startswith("GET")]
    assert len(reads) == len(set(reads)) == 4
    assert {service.get(id_)["status"] for id_ in ids} == {"succeeded"}
