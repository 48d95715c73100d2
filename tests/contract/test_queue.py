"""What every queue promises: at least once in, in order, and nothing is lost with who had received it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from serving.local.queue import Received
from serving.ports import DeadLetter
from serving.prediction import Message
from tests.contract.conftest import Clock, Ports


def receive(ports: Ports, most: int = 10, most_bytes: int = 1 << 20, owner: str = "worker-1") -> Sequence[Received]:
    return ports.queue.receive(owner=owner, lease=30, most=most, most_bytes=most_bytes)


def test_a_message_comes_out_as_it_went_in(ports: Ports, message: Message) -> None:
    ports.queue.send([message])
    (received,) = receive(ports)
    assert ports.queue.open(received.body) == message
    assert received.receives == 1


def test_messages_come_in_the_order_they_were_sent(ports: Ports, message: Message) -> None:
    sent = [replace(message, prediction_id=f"p{i}") for i in range(5)]
    ports.queue.send(sent[:3])
    ports.queue.send(sent[3:])
    assert [ports.queue.open(r.body) for r in receive(ports)] == sent


def test_a_batch_is_limited_in_messages_and_bytes_but_never_empty(ports: Ports, message: Message) -> None:
    ports.queue.send([message] * 6)
    assert len(receive(ports, most=2)) == 2
    assert len(receive(ports, most_bytes=1)) == 1
    size = len(message.to_text())
    assert len(receive(ports, most_bytes=2 * size)) == 2


def test_a_received_message_is_hidden_until_its_lease_ends(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    assert len(receive(ports)) == 1
    assert not receive(ports)
    clock.passes(31)
    (again,) = receive(ports)
    assert again.receives == 2


def test_a_deleted_message_is_gone(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    ports.queue.delete([receive(ports)[0].id])
    clock.passes(3600)
    assert not receive(ports)
    assert ports.queue.depth().waiting == ports.queue.depth().in_flight == 0


def test_a_postponed_message_comes_back_when_it_was_said(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    ports.queue.postpone(receive(ports)[0].id, 5)
    assert not receive(ports)
    assert ports.queue.next_visible() == pytest.approx(5, abs=0.01)
    clock.passes(6)
    assert receive(ports)[0].receives == 2


def test_the_leases_of_the_dead_are_released(ports: Ports, message: Message) -> None:
    ports.queue.send([message, message])
    receive(ports, most=1, owner="the dead")
    receive(ports, most=1, owner="the living")
    assert ports.queue.release("the dead") == 1
    assert len(receive(ports)) == 1


def test_a_clock_that_jumps_back_hides_nothing(ports: Ports, message: Message, clock: Clock) -> None:
    clock.passes(30 * 86_400)
    ports.queue.send([message])
    clock.passes(-30 * 86_400)
    assert len(receive(ports)) == 1


def test_depth_tells_waiting_in_flight_and_age(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message] * 3)
    clock.passes(7)
    receive(ports, most=1)
    depth = ports.queue.depth()
    assert (depth.waiting, depth.in_flight) == (2, 1)
    assert depth.oldest_seconds == pytest.approx(7, abs=0.01)


def test_what_was_not_sent_by_this_service_is_a_value_error(ports: Ports) -> None:
    for body in ("", "not JSON", '{"version": 1}', '{"version": 99}\n{}', "[1]\n[2]", '{"version":1,"x":2}\n{}'):
        with pytest.raises(ValueError):
            ports.queue.open(body)


def test_messages_whose_receipt_has_expired_are_swept(ports: Ports, message: Message, clock: Clock) -> None:
    ports.queue.send([message])
    assert ports.queue.sweep() == 0
    clock.passes(3601)
    assert ports.queue.sweep() == 1


def letter(id: str, clock: Clock) -> DeadLetter:
    return DeadLetter(id=id, body="{}", reason="it was tried", died_at=clock.ms, expires_at=clock.ms + 1000)


def test_dead_letters_are_kept_once_and_listed_oldest_first(ports: Ports, clock: Clock) -> None:
    first = letter("b", clock)
    clock.passes(1)
    second = letter("a", clock)
    for kept in (second, first, replace(first, reason="again")):
        ports.dead_letters.keep(kept)
    assert ports.dead_letters.list() == [first, second]
    ports.dead_letters.remove("b")
    ports.dead_letters.remove("b")
    assert ports.dead_letters.list() == [second]
