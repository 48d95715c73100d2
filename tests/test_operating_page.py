"""docs/operating.md agrees with the code: its alarms, its figures, its commands, and that each command has a test."""

import re
from typing import Any

import pytest
import typer.main

import cli
from commands.architecture import Stack
from commands.deployment import Deployment
from serving.keys import REFRESH_SECONDS
from serving.local.queue import LONGEST_DELAY
from serving.settings import Settings
from tests.operating import PAGE, alarms, runbooks
from tests.running import ROOT
from worker.later import LONGEST_BACKOFF

TEXT = PAGE.read_text(encoding="utf-8")
TESTS = [path for path in (ROOT / "tests").rglob("test_operating*.py") if path.name != "test_operating_page.py"]
ON_AWS, HERE = Deployment(backend="aws"), Settings()
DAY = 86_400


def figures() -> dict[str, list[str]]:
    """The rows of "How long": what, to what it says of AWS and of one machine."""
    _, _, table = TEXT.partition("### How long\n")
    rows = [line.strip("|").split("|") for line in table.split("\n## ")[0].splitlines() if line.startswith("| ")]
    return {row[0].strip(): [cell.strip() for cell in row[1:3]] for row in rows}


def words(seconds: float) -> str:
    """As the page writes a time, down to whole minutes where there are hours."""
    days, hours, minutes = int(seconds // DAY), int(seconds % DAY // 3600), int(seconds % 3600 // 60)
    if days:
        return f"{days} days"
    if hours:
        return f"{hours} h {minutes} min"
    if seconds <= 60:
        return f"{seconds:g} s"
    return f"{minutes} min" + (f" {seconds % 60:g} s" if seconds % 60 else "")


def last_try(settings: Settings) -> float:
    """Seconds from a message's first try to its last, when none is answered."""
    return sum(min(2.0 ** (receives - 1), LONGEST_BACKOFF) for receives in range(1, settings.max_receives))


def test_every_alarm_has_a_row_and_no_other_has() -> None:
    made = set(Stack.read().of("AWS::CloudWatch::Alarm"))
    assert set(alarms()) == made
    assert made == set(re.findall(r"\w+Alarm\b", TEXT))
    for row in alarms().values():
        assert all(row.values())


def rings(received: list[float], deleted: list[float]) -> float | None:
    """Seconds after which RetriesAlarm rings when messages are received and deleted at these times; None if never."""
    alarm = Stack.read().of("AWS::CloudWatch::Alarm")["RetriesAlarm"]
    period = alarm["Metrics"][0]["MetricStat"]["Period"]
    (factor,) = re.findall(
        r"IF\(FILL\(received, 0\) > (\d+) \* FILL\(deleted, 0\), 1, 0\)", alarm["Metrics"][-1]["Expression"]
    )
    breaches: list[bool] = []
    for start in range(0, int(max(received)) + 1, period):
        counts = [sum(start <= moment < start + period for moment in moments) for moments in (received, deleted)]
        breaches.append(counts[0] > int(factor) * counts[1])
        if sum(breaches[-alarm["EvaluationPeriods"] :]) >= alarm["DatapointsToAlarm"]:
            return float(start + period)
    return None


def test_an_outage_rings_within_ten_minutes_and_a_killer_or_a_busy_hour_does_not() -> None:
    tries = [0.0]
    for receives in range(1, ON_AWS.max_receives):
        tries.append(tries[-1] + min(2.0 ** (receives - 1), LONGEST_BACKOFF))
    assert rings(tries, []) == 600
    assert rings([0, ON_AWS.visibility], [ON_AWS.visibility + 20]) is None
    busy = [float(second) for second in range(3600)]
    assert rings(busy, [second + 40 for second in busy]) is None


@pytest.mark.parametrize(
    ("what", "on_aws", "here"),
    [
        ("store, payload bucket, features or models may be down", last_try(ON_AWS), last_try(HERE)),
        ("after that, all that waited", LONGEST_BACKOFF, LONGEST_DELAY),
        ("a worker that can't start", (ON_AWS.max_receives - 1) * ON_AWS.visibility, None),
        ("an input that crashes", ON_AWS.visibility, None),
        (
            "one that hangs",
            ON_AWS.visibility + 2 * ON_AWS.predict_timeout,
            HERE.worker_timeout + 2 * HERE.predict_timeout,
        ),
        ("workers follow", ON_AWS.model_refresh, HERE.model_refresh),
        ("an API key", REFRESH_SECONDS, REFRESH_SECONDS),
        ("a rotated key", 2 * REFRESH_SECONDS, 2 * REFRESH_SECONDS),
        ("dead letters and results", ON_AWS.result_ttl, HERE.result_ttl),
    ],
)
def test_each_figure_is_the_codes(what: str, on_aws: float, here: float | None) -> None:
    (shown,) = [cells for name, cells in figures().items() if name.startswith(what)]
    assert shown[0] == words(on_aws)
    assert shown[1] in {"any time", "seconds"} if here is None else shown[1] == words(here)


def test_the_tries_and_the_stay_in_the_queue_are_the_codes() -> None:
    queues = Stack.read().of("AWS::SQS::Queue")
    assert set(re.findall(r"(\d+) tries", TEXT)) == {str(ON_AWS.max_receives)}
    for queue in queues.values():
        assert f"{queue['MessageRetentionPeriod'] // DAY} days" in TEXT
    assert f"every {words(queues['DeadLetterQueue']['VisibilityTimeout'])}" in TEXT


def test_every_command_has_a_test_that_runs_it() -> None:
    tried = {name for path in TESTS for name in re.findall(r'runbook\("([^"]+)"', path.read_text(encoding="utf-8"))}
    assert set(runbooks()) == tried
    assert set(re.findall(r"^```(\w+)", TEXT, re.MULTILINE)) == {"bash", "mermaid"}, "no block that is not read"


def test_every_command_that_is_named_exists() -> None:
    tree: Any = typer.main.get_command(cli.app)
    named = re.findall(r"\bcli ([a-z-]+)(?: ([a-z-]+))?", TEXT)
    assert len(named) > 20
    for name, inner in named:
        commands = getattr(tree.commands[name], "commands", None)
        assert commands is None or inner in commands, (name, inner)


def test_the_page_is_short_and_its_links_lead_somewhere() -> None:
    assert len(TEXT.splitlines()) < 200
    headings = {re.sub(r"[^\w -]", "", line).replace(" ", "-").lower() for line in re.findall(r"^#+ (.+)$", TEXT, re.M)}
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    for target in links:
        assert target.removeprefix("#") in headings if target.startswith("#") else (PAGE.parent / target).exists()
