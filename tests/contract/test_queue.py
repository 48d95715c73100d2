"""What every queue promises: at least once in, at least once out, whatever the payload is."""

import json
import random

import pytest

from serving.message import Message
from tests.contract.conftest import Clock, Ports

MIB = 1024 * 1024


def test_a_message_comes_out_as_it_went_in(ports: Ports, message: Message) -> None:
    ports.queue.send([message])
    (received,) = ports.receive()
    assert ports.queue.open(received.body) == message
    assert received.receives == 1


def test_many_messages_are_sent_at_once(ports: Ports, message: Message) -> None:
    sent = {f"p{i}": message._replace(prediction_id=f"p{i}") for i in range(25)}
    ports.queue.send(list(sent.values()))
    ports.queue.send([])
    found = [ports.queue.open(received.body) for received in ports.receive()]
    assert {opened.prediction_id: opened for opened in found} == sent


def test_what_is_sent_at_once_is_sent_and_what_is_not_is_not(ports: Ports, message: Message) -> None:
    sent = {f"p{i}": message._replace(prediction_id=f"p{i}") for i in range(25)}
    done = ports.queue.send_at_once(list(sent.values()))
    found = [ports.queue.open(received.body) for received in ports.receive()]
    assert {opened.prediction_id: opened for opened in found} == (sent if done else {})


@pytest.mark.parametrize(
    "text",
    ["\ufffe and \uffff", "\x7f\x80\x9f", "\ufdd0 \ue000 \ufffd", "\U0001fffe\U0010ffff", "gzip:", "s3:messages/a", ""],
)
def test_every_character_of_json_comes_out(ports: Ports, message: Message, text: str) -> None:
    sent = message._replace(payload=f'"{text}"'.encode())
    ports.queue.send([sent])
    assert [ports.queue.open(received.body) for received in ports.receive()] == [sent]


@pytest.mark.parametrize("size", [64 * 1024, 300_000, 3 * MIB])
@pytest.mark.parametrize("repeats", [True, False], ids=["repeating", "random"])
def test_a_large_payload_comes_out(ports: Ports, message: Message, size: int, repeats: bool) -> None:
    content = b"naive" * (size // 5) if repeats else random.Random(7).randbytes(size // 2).hex().encode()
    sent = message._replace(payload=b'"' + content + b'"')
    ports.queue.send([sent])
    assert [ports.queue.open(received.body) for received in ports.receive()] == [sent]


def test_large_messages_are_sent_together(ports: Ports, message: Message) -> None:
    payload = b'"' + random.Random(8).randbytes(200_000).hex().encode() + b'"'
    sent = {f"p{i}": message._replace(prediction_id=f"p{i}", payload=payload) for i in range(9)}
    ports.queue.send(list(sent.values()))
    found = [ports.queue.open(received.body) for received in ports.receive()]
    assert {opened.prediction_id: opened for opened in found} == sent


def test_a_received_message_is_hidden_until_its_lease_ends(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    assert len(ports.receive()) == 1
    assert not ports.receive()
    clock.passes(31)
    (again,) = ports.receive()
    assert again.receives == 2


def test_a_deleted_message_is_gone(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    ports.delete(ports.receive()[0].handle)
    clock.passes(3600)
    assert not ports.receive()
    assert ports.queue.depth().waiting == ports.queue.depth().in_flight == 0


@pytest.mark.parametrize("seconds", [5, 4.2, 900])
def test_a_postponed_message_comes_back_when_it_was_said(
    ports: Ports, message: Message, clock: Clock, seconds: float
) -> None:
    ports.queue.send([message])
    ports.queue.postpone(ports.receive()[0].handle, seconds)
    clock.passes(seconds - 1)
    assert not ports.receive()
    clock.passes(2)
    assert ports.receive()[0].receives == 2


def test_postponing_what_is_done_changes_nothing(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    (received,) = ports.receive()
    ports.delete(received.handle)
    ports.queue.postpone(received.handle, 5)
    clock.passes(6)
    assert not ports.receive()


def test_depth_tells_what_waits_and_what_is_in_flight(ports: Ports, message: Message) -> None:
    ports.queue.send([message])
    ports.receive()
    ports.queue.send([message] * 2)
    depth = ports.queue.depth()
    assert (depth.waiting, depth.in_flight) == (2, 1)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        '{"version": 1}',
        '{"version": 99}\n{}',
        "[1]\n[2]",
        '{"version":1,"x":2}\n{}',
        "gzip:",
        "s3:messages/a-b",
    ],
)
def test_what_was_not_sent_by_this_service_is_a_value_error(ports: Ports, body: str) -> None:
    with pytest.raises(ValueError):
        ports.queue.open(body)


@pytest.mark.parametrize(
    "foreign",
    [
        {"expires_at": "tomorrow"},
        {"expires_at": 1.5},
        {"expires_at": 10**30},
        {"accepted_at": None},
        {"accepted_at": True},
        {"prediction_id": 7},
        {"prediction_id": ""},
        {"prediction_id": "../a"},
        {"prediction_id": "a" * 65},
        {"schema_hash": []},
        {"many": 0},
        {"suspect": "no"},
        {"payload": "{}"},
        {"more": True},
    ],
    ids=str,
)
def test_a_message_is_of_the_right_types_or_a_value_error(
    ports: Ports, message: Message, foreign: dict[str, object]
) -> None:
    line, _, payload = message.to_text().partition("\n")
    with pytest.raises(ValueError, match="not a message of this service"):
        ports.queue.open(json.dumps(json.loads(line) | foreign) + "\n" + payload)


def test_a_message_of_an_earlier_release_is_read(ports: Ports, message: Message) -> None:
    first = {
        "version": 1,
        "prediction_id": message.prediction_id,
        "accepted_at": message.accepted_at,
        "expires_at": message.expires_at,
        "schema_hash": message.schema_hash,
        "many": message.many,
        "redriven": False,
        "suspect": True,
        "alone": False,
    }
    body = json.dumps(first) + "\n" + message.payload.decode()
    assert ports.queue.open(body) == message._replace(suspect=True)


def test_records_in_columns_travel_as_they_are(ports: Ports, message: Message) -> None:
    sent = message._replace(many=True, columns=2, payload=b'{"x":[1,2]}', redriven=True)
    ports.queue.send([sent])
    (received,) = ports.receive()
    found = ports.queue.open(received.body)
    assert found == sent
    assert found.records() == [{"x": 1}, {"x": 2}]
    line, _, payload = received.body.partition("\n")
    for version, columns in ((1, 2), (2, 0), (2, True)):
        with pytest.raises(ValueError, match=r"message version|not a message of this service"):
            ports.queue.open(json.dumps(json.loads(line) | {"version": version, "columns": columns}) + "\n" + payload)


def test_a_message_of_a_later_release_is_told_by_its_version(message: Message) -> None:
    line, _, payload = message.to_text().partition("\n")
    for changes in ({"version": 3}, {"version": 3, "more": 1}, {"version": "three"}):
        with pytest.raises(ValueError, match=f"message version {changes['version']}"):
            Message.from_text(json.dumps(json.loads(line) | changes) + "\n" + payload)


def test_the_head_of_a_message_outlives_its_version_and_its_payload(message: Message) -> None:
    line, _, _ = message._replace(redriven=True).to_text().partition("\n")
    later = json.dumps(json.loads(line) | {"version": 2, "many": "perhaps", "more": 1})
    head = Message.head(later + "\nin words that nobody knows yet")
    assert head is not None
    assert (head.prediction_id, head.expires_at) == (message.prediction_id, message.expires_at)
    assert (head.redriven, head.payload) == (True, b"")
    for foreign in ("", "odd", "[]", "{}", line.replace(message.prediction_id, "no id")):
        assert Message.head(foreign) is None
