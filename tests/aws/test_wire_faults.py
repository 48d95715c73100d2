"""Faults at the wire: what was accepted is answered, what was not is a 503, and no lost answer is mistaken."""

import io
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.errors import PointerMoved, StoreUnavailable
from serving.prediction import Prediction, Status
from tests.aws.driven import Driven, driven
from tests.aws.emulator import Emulator
from tests.aws.wire import Wire, cut, half_failed, late, lost, silent, slow_down, throttled, unprocessed
from worker.main import Worker

LARGE = {"x": 3, "note": random.Random(1).randbytes(700_000).hex()}
"""Its payload travels through the bucket."""


@pytest.fixture
def service(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[Driven]:
    with driven(emulator, wire, tmp_path, max_records=4_000) as made:
        yield made


def large_answer(expires_at: int) -> Prediction:
    result = b'"' + random.Random(2).randbytes(50_000).hex().encode() + b'"'
    return Prediction(
        prediction_id="large", accepted_at=1, expires_at=expires_at, status=Status.SUCCEEDED, result=result
    )


def refused(service: Driven, records: Any) -> None:
    """A POST that is not accepted, and says when to try again."""
    answer = service.api("POST", "", json=records)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("fault", [silent, late, lost])
def test_a_post_survives_one_call_that_fails(service: Driven, wire: Wire, fault: Callable[..., Any]) -> None:
    wire.breaks("SendMessage", fault, times=1)
    prediction_id = service.post({"x": 2})
    service.drain()
    assert service.get(prediction_id)["result"]["prediction"] == pytest.approx(4)


def test_a_queue_that_never_answers_accepts_nothing(service: Driven, wire: Wire) -> None:
    wire.breaks("SendMessage", silent)
    refused(service, {"x": 2})
    assert wire.operations == ["SendMessage"] * 3
    assert service.depth() == {"waiting": 0, "hidden": 0}
    wire.heals()
    assert service.post({"x": 2})


def test_what_was_sent_without_an_answer_was_not_promised_and_does_no_harm(service: Driven, wire: Wire) -> None:
    wire.breaks("SendMessage", lost)
    refused(service, {"x": 2})
    wire.heals()
    assert service.depth()["waiting"] == 3
    service.drain()
    assert service.dead() == 0


def test_a_large_post_without_its_bucket_is_not_accepted(service: Driven, wire: Wire) -> None:
    wire.breaks("PUT /.*/messages/", slow_down)
    refused(service, LARGE)
    assert service.depth() == {"waiting": 0, "hidden": 0}
    wire.heals()
    wire.breaks("PUT /.*/messages/", slow_down, times=1)
    assert service.post(LARGE)


def test_a_large_message_waits_for_its_bucket(service: Driven, wire: Wire) -> None:
    ids = [service.post(LARGE), service.post({"x": 4})]
    wire.breaks("GET /.*/messages/", slow_down)
    assert service.poll()
    assert [service.get(id_)["status"] for id_ in ids] == ["pending", "succeeded"]
    assert service.depth() == {"waiting": 0, "hidden": 1}
    service.emulator.passes(2)
    assert service.depth()["waiting"] == 1, "it was postponed by a second, not by the queue's visibility"
    wire.heals()
    service.drain()
    assert service.get(ids[0])["result"]["prediction"] == pytest.approx(6)


def test_large_messages_that_wait_for_their_bucket_keep_nobody_waiting(service: Driven, wire: Wire) -> None:
    for _ in range(4):
        service.post(LARGE)
    small = service.post({"x": 4})
    wire.calls.clear()
    wire.breaks("GET /.*/messages/", slow_down)
    assert service.poll()
    assert service.get(small)["status"] == "succeeded"
    reads = [operation for operation in wire.operations if operation.startswith("GET")]
    assert (len(reads), service.depth()["hidden"]) == (3, 4), "one message was tried three times"


def test_a_large_answer_waits_for_its_bucket(service: Driven, wire: Wire) -> None:
    draw = random.Random(2)
    records = [{"x": draw.random()} for _ in range(3_000)]
    prediction_id = service.post(records)
    wire.breaks("PUT /.*/results/", slow_down)
    assert service.poll()
    assert service.get(prediction_id)["status"] == "pending"
    wire.heals()
    service.drain()
    rows = service.get(prediction_id)["result"]
    assert [row["prediction"] for row in rows] == pytest.approx([2 * record["x"] for record in records])
    wire.breaks("GET /.*/results/", slow_down, times=3)
    assert service.api("GET", f"/{prediction_id}").status_code == 503
    assert service.get(prediction_id)["result"] == rows


def test_a_warm_worker_goes_on_while_the_registry_is_down(service: Driven, wire: Wire) -> None:
    service.worker = Worker.build(service.settings.model_copy(update={"model_refresh": 0.001}), service.backend)
    wire.breaks("GET /.*-models/", slow_down)
    prediction_id = service.post({"x": 2})
    assert service.poll()
    assert service.get(prediction_id)["status"] == "succeeded"


def test_an_input_that_is_lost_fails_at_once_and_says_so(service: Driven, wire: Wire) -> None:
    prediction_id = service.post(LARGE)
    key = next(operation for operation in wire.operations if operation.startswith("PUT")).partition("messages/")[2]
    service.backend.payloads.delete(f"messages/{key}")
    service.drain()
    answer = service.get(prediction_id)
    assert (answer["status"], answer["error"]["code"], service.receives) == ("failed", "input_lost", 1)
    assert "send it again" in answer["error"]["message"]


def test_a_throttled_table_delays_an_answer(service: Driven, wire: Wire) -> None:
    prediction_id = service.post({"x": 2})
    wire.breaks("PutItem", throttled, times=3)
    assert service.poll()
    assert service.get(prediction_id)["status"] == "pending"
    service.drain()
    assert service.get(prediction_id)["status"] == "succeeded"
    assert service.receives == 2


def test_a_throttled_table_is_503_for_who_reads(service: Driven, wire: Wire) -> None:
    prediction_id = service.post({"x": 2})
    wire.breaks("GetItem", throttled)
    answer = service.api("GET", f"/{prediction_id}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    wire.heals()
    assert service.get(prediction_id)["status"] == "pending"


def test_a_lost_answer_to_a_write_is_not_taken_for_another_worker(service: Driven, wire: Wire) -> None:
    prediction = large_answer(4_000_000_000_000)
    wire.breaks("PutItem", lost, times=1)
    assert service.backend.predictions.finish([prediction]) == [True]
    (row,) = service.backend.predictions.get(["large"])
    assert row is not None
    assert row.document == prediction.to_json(), "its object is still there"
    wire.breaks("PutItem", lost, times=1)
    assert service.backend.predictions.finish([prediction._replace(result=b"2")]) == [False]


def test_a_lost_answer_to_a_claim_is_no_reuse(service: Driven, wire: Wire) -> None:
    headers = {"Idempotency-Key": "k"}
    wire.breaks("PutItem", lost, times=1)
    first = service.post({"x": 2}, **headers)
    assert service.post({"x": 2}, **headers) == first


def test_a_lost_answer_to_an_erasure_erases(service: Driven, wire: Wire) -> None:
    service.backend.predictions.finish([large_answer(4_000_000_000_000)])
    wire.breaks("UpdateItem", lost, times=1)
    service.backend.predictions.erase(large_answer(4_000_000_000_000))
    assert wire.operations[-1].startswith("DELETE /")
    (row,) = service.backend.predictions.get(["large"])
    assert row is not None
    assert row.document is None


def test_results_whose_rows_the_table_did_not_take_are_erased_too(service: Driven, wire: Wire) -> None:
    prediction, results = large_answer(4_000_000_000_000), partial(service.backend.payloads.names, "results", "large")
    wire.breaks("PutItem", throttled)
    with pytest.raises(StoreUnavailable):
        service.backend.predictions.finish([prediction])
    wire.heals()
    assert service.backend.predictions.finish([prediction._replace(finished_at=2)]) == [True]
    assert len(results()) == 2, "the first may be named by a row whose confirmation was lost: it has to stay"
    service.backend.predictions.erase(prediction)
    assert results() == []


def test_a_lost_answer_to_a_promotion_is_not_taken_for_somebody_elses(service: Driven, wire: Wire) -> None:
    bucket = service.backend.registry.bucket
    wire.breaks("PUT /.*/pointers/", lost, times=1)
    bucket.write("pointers/a.json", io.BytesIO(b"1"), replaces=None)
    wire.breaks("PUT /.*/pointers/", lost, times=1)
    with pytest.raises(PointerMoved):
        bucket.write("pointers/a.json", io.BytesIO(b"1"), replaces=None)


def test_a_model_whose_download_breaks_off_is_read_again(service: Driven, wire: Wire) -> None:
    pointer = service.backend.registry.pointer()
    assert pointer is not None
    wire.calls.clear()
    wire.breaks("GET /.*/model.pkl", cut, times=1)
    assert service.backend.registry.content(pointer.current)
    assert len(wire.operations) == 2


def test_what_a_batch_leaves_over_is_asked_again(service: Driven, wire: Wire) -> None:
    wire.breaks("Batch(Get|Write)Item", unprocessed, times=2)
    service.backend.features.write("view", [(f"e{i}", {"i": i}) for i in range(30)])
    wire.breaks("Batch(Get|Write)Item", unprocessed, times=2)
    found = service.backend.features.read([("view", f"e{i}") for i in range(30)])
    assert found == [{"i": i} for i in range(30)]


def test_what_a_batch_of_messages_leaves_over_is_sent_again(service: Driven, wire: Wire) -> None:
    prediction_id = service.post({"x": 2})
    (received,) = service.sqs.receive_message(QueueUrl=service.settings.queue_url)["Messages"]
    message = service.backend.queue.open(received["Body"])
    wire.breaks("SendMessageBatch", half_failed, times=1)
    service.backend.queue.send([message] * 4)
    assert [len(call.json["Entries"]) for call in wire.calls if call.operation == "SendMessageBatch"] == [4, 2]
    service.drain()
    assert service.get(prediction_id)["status"] == "succeeded"
