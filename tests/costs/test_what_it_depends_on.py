"""What makes the bill grow, and what does not."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands.architecture import Stack
from commands.costs.assumptions import Assumptions
from commands.costs.bill import Bill
from serving.errors import SettingsError
from tests.costs.estimating import bill, quantity, total
from tests.running import ROOT

ALARM = """
  AnotherAlarm:
    Type: AWS::CloudWatch::Alarm
    Condition: Alarmed
    Properties:
"""
MAIL = {"ALARM_EMAIL": "ops@example.org"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"records": 100},
        {"records": 1000, "polls": 1, "record_bytes": 4000},
        {"polls": 0, "wait": True},
        {"views": 2},
        {"WORKER_CONCURRENCY": 2},
        {"BATCH_SIZE": 100, "BATCH_WINDOW": 5},
        {"BATCH_SIZE": 1},
    ],
    ids=str,
)
def test_more_never_costs_less(changes: dict[str, Any]) -> None:
    stack = Stack.read()
    amounts = [total(bill(int(1.3**power), stack, **changes)) for power in range(100)]
    assert amounts == sorted(amounts)
    assert amounts[-1] > 1000
    assert total(bill(0, stack, **changes)) <= amounts[0]


def test_larger_requests_cost_less() -> None:
    amounts = [bill(1_000_000, records=records).variable for records in (1, 10, 100, 1000)]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > 20 * amounts[2]


def test_each_poll_costs_a_call_a_lambda_and_a_read() -> None:
    none, two, ten = (bill(1_000_000, polls=polls) for polls in (0, 2, 10))
    assert none.variable < two.variable < ten.variable
    assert quantity(ten, "calls") - quantity(none, "calls") == 10_000_000
    assert quantity(ten, "consistent reads") - quantity(none, "consistent reads") == 10_000_000
    assert quantity(ten, "worker: time") == quantity(none, "worker: time")


def test_who_waits_makes_fewer_calls_that_take_longer() -> None:
    polled, waited = bill(1_000_000), bill(1_000_000, polls=0, wait=True)
    assert quantity(waited, "calls") == quantity(polled, "calls") / 3
    assert quantity(waited, "API: time") > 3 * quantity(polled, "API: time")
    slow = replace(Assumptions(), batch_cpu=2)
    assert quantity(bill(1000, assumes=slow, polls=0, wait=True), "API: time") > 2000


@pytest.mark.parametrize(
    ("setting", "value", "what", "factor"),
    [
        ("WORKER_MEMORY", 3538, "worker: time", 2),  # one thread has no use for more than one processor
        ("RESULT_TTL", 86_400, "answers kept", 1 / 7),
        ("LOG_DAYS", 60, "logs kept", 2),
        ("LOG_LEVEL", "ERROR", "logs written", 0),
        ("MODEL_REFRESH", 20, "payloads and models", (129_600 + 30_000) / (259_200 + 30_000)),
    ],
)
def test_settings_are_those_of_the_deployment(setting: str, value: object, what: str, factor: float) -> None:
    changed = quantity(bill(1_000_000, **{setting: value}), what)
    assert changed == pytest.approx(factor * quantity(bill(1_000_000), what))


def test_debug_writes_two_lines_more_than_info() -> None:
    lines = [quantity(bill(1_000_000, LOG_LEVEL=level), "logs written") for level in ("DEBUG", "INFO")]
    assert lines[0] - lines[1] == pytest.approx(2_000_000 * 226 / 1024**3)


def test_x86_64_has_a_price_of_its_own() -> None:
    arm, intel = (dict(bill(1_000_000, ARCHITECTURE=name).services)["Lambda"][1] for name in ("arm64", "x86_64"))
    assert arm < intel < 1.25 * arm


def test_features_are_a_read_of_each_record_and_view() -> None:
    assert quantity(bill(1_000_000, views=2), "consistent reads") - quantity(
        bill(1_000_000), "consistent reads"
    ) == pytest.approx(2_000_000)


def test_workers_that_are_all_busy_are_handed_fuller_batches() -> None:
    assert bill(1_000_000).counts.flow.batch_messages == 1
    busy = bill(1_000_000_000, WORKER_CONCURRENCY=2).counts
    assert 1 < busy.flow.batch_messages < 10
    assert busy.flow.workers_busy == pytest.approx(2)
    assert bill(100_000_000_000).counts.flow.batch_messages == 10


def edited(folder: Path, alarms: str) -> Stack:
    """The stack with another resources/alarms.yml."""
    shutil.copy(ROOT / "serverless.yml", folder)
    shutil.copytree(ROOT / "resources", folder / "resources")
    (folder / "resources" / "alarms.yml").write_text(alarms)
    return Stack.read(folder)


def alarms_of(stack: Stack) -> float:
    return quantity(bill(0, stack, **MAIL), "alarms")


def test_alarms_are_counted_where_they_are_defined(tmp_path: Path) -> None:
    text = (ROOT / "resources" / "alarms.yml").read_text()
    there = text.count("MetricName: ")
    assert alarms_of(Stack.read()) == there
    more = f"{text}{ALARM}      MetricName: Errors\n"
    assert alarms_of(edited(tmp_path, more)) == there + 1
    assert quantity(bill(0), "alarms") == 0, "without ALARM_EMAIL none is made"


def test_an_alarm_on_several_metrics_is_billed_for_each(tmp_path: Path) -> None:
    text = (ROOT / "resources" / "alarms.yml").read_text()
    metrics = "".join(f"        - {{Id: m{number}, MetricStat: {{}}}}\n" for number in (1, 2))
    more = f"{text}{ALARM}      Metrics:\n{metrics}        - {{Id: rate, Expression: m1 / m2}}\n"
    assert alarms_of(edited(tmp_path, more)) == text.count("MetricName: ") + 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"records": 1001}, "takes 1000 records at most. Send several requests"),
        ({"records": 50, "MAX_RECORDS": 20}, "takes 20 records at most"),
        ({"records": 500, "MAX_BODY": 9600}, "over MAX_BODY .9600 bytes.. At most 100 fit"),
        ({"polls": 0, "wait": True, "BATCH_SIZE": 20, "BATCH_WINDOW": 20}, "leave --wait out, or set less BATCH_WIN"),
    ],
)
def test_what_the_service_would_refuse_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        bill(1_000_000, **changes)


def test_what_just_fits_is_estimated() -> None:
    made: Bill = bill(1_000_000, records=100, MAX_BODY=9600)
    assert made.course.sizes.body == 9600
