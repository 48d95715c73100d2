"""What a drill checks: each broken promise is found, and a drill that held nothing against one has not kept it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.drill.checks import Evidence, checks
from bench.drill.client import Accepted, Told
from bench.drill.plan import ROWS, Ask, Plan
from bench.drill.report import Check, Report
from bench.drill.witness import Written
from serving.ports import Row
from serving.prediction import Status


def ask(place: int, deed: str = "none", *, invalid: bool = False, cancelled: bool = False) -> Ask:
    return Ask(
        place=place,
        records=({"number": place * ROWS, "x": 0.5, "deed": deed},),
        many=False,
        invalid=invalid,
        key=None,
        replayed=False,
        waited=False,
        cancelled=cancelled,
    )


def succeeded(number: float) -> bytes:
    answer = {"status": "succeeded", "result": {"prediction": number}, "model": {"tag": "v1", "sha256": ""}}
    return json.dumps(answer).encode()


def failed(code: str) -> bytes:
    return json.dumps({"status": "failed", "error": {"code": code, "message": ""}}).encode()


FINE = succeeded(16 + 1.5)
"""What v1 says of number 16 with x 0.5."""


@pytest.fixture
def evidence() -> Evidence:
    """Of a drill without fault: one innocent, one killer, one deleted, one refused."""
    told = Told()
    told.accepted = [
        Accepted(id="a", ask=ask(1), at=1),
        Accepted(id="b", ask=ask(2, "segfault"), at=2),
        Accepted(id="c", ask=ask(3, cancelled=True), at=3),
    ]
    told.refused = [ask(4, invalid=True)]
    told.finished = [("a", FINE)]
    told.replays = [("a", "a")]
    told.statuses.update([202, 202, 202, 422])
    return Evidence(
        told=told,
        rows={
            "a": Row(document=FINE, status=Status.SUCCEEDED),
            "b": Row(document=failed("model_crashed"), status=Status.FAILED),
            "c": Row(document=None, status=Status.CANCELLED),
        },
        sent=[(id_, json.dumps({"number": number * ROWS}), False, False) for number, id_ in enumerate("abc", 1)],
        answers=[Written(id=id_, was=None, became="", erased=False, at=4) for id_ in "abc"],
        read={"a": (200, FINE)},
        left={"messages and leases": 0},
        leaked=[],
    )


def broken(evidence: Evidence) -> list[str]:
    return [check.name for check in checks(evidence) if not check.kept]


def test_a_drill_without_fault_keeps_every_promise(evidence: Evidence) -> None:
    assert broken(evidence) == []


def with_row(document: bytes) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        row = Row(document=document, status=Status.SUCCEEDED)
        return replace(evidence, rows={**evidence.rows, "a": row}, read={})

    return change


def told(**changes: object) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, told=replace(evidence.told, **changes))  # type: ignore[arg-type]


AGAIN = Written(id="a", was="succeeded", became="failed", erased=False, at=5)
ONE, QUEUED, RIGHT = "exactly one answer", "everything that was queued", "every answer is the Pipeline's own"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda e: replace(e, answers=e.answers[1:]), ONE),
        (lambda e: replace(e, answers=[*e.answers, AGAIN]), ONE),
        (told(given_up=[ask(9)]), ONE),
        (lambda e: replace(e, sent=[*e.sent, ("unknown", "{}", False, False)]), QUEUED),
        (with_row(succeeded(99)), RIGHT),
        (with_row(failed("row_rejected")), RIGHT),
        (lambda e: replace(e, rows={**e.rows, "a": None}, read={}), RIGHT),
        (lambda e: replace(e, rows={**e.rows, "b": Row(document=FINE, status=Status.SUCCEEDED)}), RIGHT),
        (lambda e: replace(e, rows={**e.rows, "c": Row(document=FINE, status=Status.SUCCEEDED)}), RIGHT),
        (told(finished=[("a", failed("dead_letter"))]), "ever changed"),
        (told(replays=[("a", "b")]), "Idempotency-Key"),
        (lambda e: replace(e, sent=[*e.sent, ("a", json.dumps({"number": 4 * ROWS}), False, False)]), "refused"),
        (lambda e: replace(e, sent=[*e.sent, ("a", json.dumps({"number": [1, 4 * ROWS]}), False, False)]), "refused"),
        (told(refused=[ask(5)]), "refused"),
        (lambda e: replace(e, read={"a": (500, b"")}), "GET"),
        (lambda e: replace(e, left={"dead letters": 1}), "nothing is left"),
        (lambda e: replace(e, leaked=["process 1 is still there"]), "nothing is left"),
    ],
)
def test_a_broken_promise_is_found(evidence: Evidence, change: Callable[[Evidence], Evidence], name: str) -> None:
    assert any(name in found for found in broken(change(evidence)))


def test_a_status_that_nobody_documented_is_found(evidence: Evidence) -> None:
    evidence.told.statuses[500] += 1
    assert "no answer of HTTP but those that are documented" in broken(evidence)


def test_the_same_seed_asks_the_same_and_another_does_not() -> None:
    assert [Plan(1, 300)[place] for place in range(300)] == [Plan(1, 300)[place] for place in range(300)]
    assert [Plan(1, 300)[place] for place in range(300)] != [Plan(2, 300)[place] for place in range(300)]


def test_each_way_to_kill_a_process_is_asked_for() -> None:
    deeds = {record["deed"] for place in range(2000) for record in Plan(7, 2000)[place].records}
    assert deeds == {"none", "poison", "slow", "hang", "exit", "segfault", "memory"}


def test_a_report_says_what_was_broken_and_a_promise_without_a_case_is_not_kept() -> None:
    report = Report(
        title="A drill",
        seed=7,
        faults=[],
        checks=[Check(name="one", of=3, wrong=["a is pending"]), Check(name="two", of=0)],
    )
    assert not report.ok
    assert "Broken: one; two. Seed 7." in report.markdown()
    assert "one: a is pending" in report.markdown()
