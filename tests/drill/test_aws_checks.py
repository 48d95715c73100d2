"""What the drill on AWS checks besides: what passes its wire is written down, and each broken promise is found."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.drill.aws.checks import (
    Outage,
    bucket_check,
    dead_letter_checks,
    gateway_check,
    read_for_good,
    without_failures_of,
)
from bench.drill.aws.plan import DEEDS, LARGE, AwsPlan
from bench.drill.aws.weather import Weather, dropped
from bench.drill.aws.witness import Witness
from bench.drill.witness import Written
from tests.aws.wire import Answer, Call, lost

DONE, REFUSED = Answer(200, [], b"{}"), Answer(400, [], b"{}")
DEAD = "no dead letter but those"
LISTED = "has all of them"
REDRIVEN = "each has one answer"


def put(id_: str, status: str, *, redrivable: bool = False, table: str = "predictions") -> Call:
    item = {"key": {"S": id_}, "status": {"S": status}, "redrivable": {"BOOL": redrivable}}
    return Call("PutItem", json.dumps({"TableName": table, "Item": item}).encode())


def letter(id_: str) -> Call:
    return Call(f"PUT /bucket/dead/{id_}-1700000000000", b"")


@pytest.fixture
def witness() -> Witness:
    return Witness("", table="predictions")


def passes(witness: Witness, *calls: Call, answer: Answer = DONE) -> None:
    for call in calls:
        witness.answer(call, lambda: answer)


def became(answers: list[Written]) -> list[tuple[str, str | None, str]]:
    return [(written.id, written.was, written.became) for written in answers]


def test_an_answer_that_the_table_took_is_written_down_and_a_second_one_too(witness: Witness) -> None:
    passes(witness, put("a", "succeeded"), put("a", "failed"), put("b", "failed"), put("c", "failed", table="other"))
    passes(witness, put("d", "succeeded"), answer=REFUSED)
    assert became(witness.answers) == [
        ("a", None, "succeeded"),
        ("a", "succeeded", "failed"),
        ("b", None, "failed"),
    ]


def test_two_writes_of_one_row_are_written_down_in_the_tables_order(witness: Witness) -> None:
    """The table's answer to the first one takes its time."""
    taken, answered = threading.Event(), threading.Event()

    def slowly() -> Answer:
        taken.set()
        answered.wait(0.2)
        return DONE

    first = threading.Thread(target=witness.answer, args=(put("a", "succeeded"), slowly))
    first.start()
    taken.wait()
    erasing = {"TableName": "predictions", "Key": {"key": {"S": "a"}}}
    passes(witness, Call("UpdateItem", json.dumps(erasing).encode()))
    first.join()
    assert became(witness.answers) == [("a", None, "succeeded"), ("a", "succeeded", "succeeded")]
    assert [written.erased for written in witness.answers] == [False, True]


def test_an_answer_whose_confirmation_is_lost_was_given_and_one_that_never_arrived_was_not(witness: Witness) -> None:
    witness.breaks("PutItem", lost, times=1)
    witness.breaks("PutItem", dropped, times=1)
    passes(witness, put("a", "succeeded"), put("b", "succeeded"))
    assert became(witness.answers) == [("a", None, "succeeded")]


def test_an_erasure_is_told_from_an_answer(witness: Witness) -> None:
    erase = {
        id_: Call("UpdateItem", json.dumps({"TableName": "predictions", "Key": {"key": {"S": id_}}}).encode())
        for id_ in "ab"
    }
    passes(witness, put("a", "succeeded"), erase["a"], erase["b"])
    assert [(w.id, w.was, w.became, w.erased) for w in witness.answers] == [
        ("a", None, "succeeded", False),
        ("a", "succeeded", "succeeded", True),
        ("b", None, "cancelled", False),
    ]


def test_messages_and_letters_are_written_down_and_the_outage_remembers_whom_it_refused(witness: Witness) -> None:
    one = Call("SendMessage", json.dumps({"MessageBody": "1"}).encode())
    two = Call("SendMessageBatch", json.dumps({"Entries": [{"MessageBody": "2"}, {"MessageBody": "3"}]}).encode())
    passes(witness, one, two, letter("x-y"))
    witness.breaks("PutItem", witness.unavailable)
    passes(witness, put("x-y", "succeeded"))
    assert witness.bodies == ["1", "2", "3"]
    assert [id_ for id_, _ in witness.letters] == ["x-y"]
    assert witness.refused == {"x-y": 1}
    assert witness.answers == []


def test_the_weather_is_the_same_for_the_same_seed_and_counts_what_it_broke() -> None:
    def days(seed: int) -> list[Any]:
        weather = Weather(seed, sending={})
        found = [weather.fault(Call("PutItem", b"")) for _ in range(1000)]
        assert sum(weather.seen.values()) == sum(fault is not None for fault in found) > 0
        return found

    assert days(1) == days(1) != days(2)


def test_a_drill_of_any_size_has_each_lethal_deed_and_each_large_request() -> None:
    asks = [AwsPlan(3, 200)[place] for place in range(200)]
    assert {record["deed"] for ask in asks for record in ask.records} >= set(DEEDS)
    assert sorted(len(ask.records) for ask in asks)[-2:] == sorted(LARGE)
    numbers = [record["number"] for ask in asks for record in ask.records]
    assert len(set(numbers)) == len(numbers)


@pytest.fixture
def planned() -> tuple[Outage, list[Written]]:
    """Of a drill without fault: "a" died in the outage; so did a copy of "b", which was answered already."""
    outage = Outage(
        began=10,
        letters=[("a", 11), ("b", 12)],
        given_up={"a"},
        refused={"a": 3, "b": 1, "c": 1},
        listed={"a", "b"},
        listed_after=set(),
    )
    answers = [
        Written(id="b", was=None, became="failed", erased=False, at=12),
        Written(id="a", was=None, became="failed", erased=False, at=13),
        Written(id="a", was="failed", became="succeeded", erased=False, at=20),
    ]
    return outage, answers


AGAIN = Written(id="a", was="succeeded", became="succeeded", erased=False, at=21)
Change = Callable[[Outage, list[Written]], tuple[Outage, list[Written]]]


def test_a_planned_outage_keeps_every_promise(planned: tuple[Outage, list[Written]]) -> None:
    assert all(check.kept for check in dead_letter_checks(*planned))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda o, a: (replace(o, letters=[*o.letters, ("d", 12)], listed={*o.listed, "d"}), a), DEAD),
        (lambda o, a: (replace(o, letters=[("a", 9), ("b", 12)]), a), DEAD),
        (lambda o, a: (replace(o, letters=[]), a), DEAD),
        (lambda o, a: (replace(o, listed={"a"}), a), LISTED),
        (lambda o, a: (replace(o, listed={"a", "b", "c"}), a), LISTED),
        (lambda o, a: (replace(o, listed_after={"b"}), a), REDRIVEN),
        (lambda o, a: (o, a[:2]), REDRIVEN),
        (lambda o, a: (o, [*a, AGAIN]), REDRIVEN),
    ],
)
def test_a_broken_promise_about_dead_letters_is_found(
    planned: tuple[Outage, list[Written]], change: Change, name: str
) -> None:
    found = [check for check in dead_letter_checks(*change(*planned)) if not check.kept]
    assert any(name in check.name for check in found)


def test_what_a_redrive_replaced_counts_as_one_answer_and_what_comes_after_it_as_another(
    planned: tuple[Outage, list[Written]],
) -> None:
    outage, answers = planned
    found = without_failures_of(outage.given_up, [*answers, AGAIN])
    assert became(found) == [
        ("b", None, "failed"),
        ("a", None, "succeeded"),
        ("a", "succeeded", "succeeded"),
    ]
    assert became(without_failures_of({"a"}, answers[1:2])) == [], "a failure that nothing replaced is no answer"


def test_only_a_dead_letters_failure_may_be_read_and_change() -> None:
    dead, poison = (json.dumps({"error": {"code": code}}).encode() for code in ("dead_letter", "row_rejected"))
    assert read_for_good([("a", dead), ("b", poison), ("c", b"{}")]) == [("b", poison), ("c", b"{}")]


@pytest.mark.parametrize(
    ("keys", "losses", "kept"),
    [
        (["messages/a-1", "results/a-2"], 0, True),
        (["results/b-3"], 0, True),
        (["messages/z-1"], 9, False),
        (["dead/a-1"], 9, False),
        (["results/a-2", "results/a-3"], 0, False),
        (["results/a-2", "results/a-3"], 1, True),
    ],
)
def test_an_object_that_belongs_to_nothing_is_found(keys: list[str], losses: int, kept: bool) -> None:
    assert bucket_check(keys, queued={"a", "b"}, named={"results/a-2"}, refused={"b"}, losses=losses).kept is kept


def test_a_gateway_that_fails_more_often_than_functions_were_killed_is_found() -> None:
    assert gateway_check(2, 2).kept
    assert not gateway_check(3, 2).kept
    assert not gateway_check(0, 0).kept, "nothing was killed"
