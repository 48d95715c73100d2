"""docs/operating.md's alarms: each one's cause is made, seen where the page says, mended as it says, and gone."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE
from tests.operating import Shell, alarms, runbook
from tests.running import PATIENCE

VISIBILITY = 6 * 60
LATER = 901
"""Seconds after which everything that is tried again later is tried again."""


@pytest.fixture
def shell(site: Site) -> Shell:
    """Whoever was woken, in the project's folder."""
    certificate = str(site.emulator.certificate)
    return Shell(site.project, {**site.environment, "URL": site.endpoint, "CURL_CA_BUNDLE": certificate})


def look(shell: Shell, alarm: str) -> dict[str, str]:
    """What is seen of an alarm's cause, as "Look first" has it; the log must hold what the page says it does."""
    said = re.findall(r"`(.+?)`", alarms()[alarm]["the log has"])
    until = time.monotonic() + PATIENCE
    while True:
        with runbook("Look first", shell) as step:
            seen = {"status": step("status"), "log": step("logs"), "health": step("health")}
        if any(phrase in seen["log"] for phrase in said) or not said:
            return seen
        assert time.monotonic() < until, f"{alarm}: the log has none of {said}:\n{seen['log'][-4000:]}"


def posted(api: httpx.Client, **changes: object) -> str:
    """Where a prediction will be that is asked for now."""
    return str(api.post("/api/predict", json={**EXAMPLE, **changes}).raise_for_status().headers["Location"])


@contextmanager
def dying(site: Site) -> Iterator[None]:
    """What is posted within the block is tried three times, which is all that MAX_RECEIVES allows here."""
    with site.without("Worker", "dynamodb:PutItem"), site.failing(3, LATER):
        yield


def test_the_api_that_cannot_reach_the_queue_refuses_and_comes_back_by_itself(
    site: Site, api: httpx.Client, shell: Shell
) -> None:
    with site.without("Api", "sqs:*"):
        refused = api.post("/api/predict", json=EXAMPLE)
        assert refused.status_code == 503
        assert "Retry-After" in refused.headers
        assert '"queue":"unavailable"' in look(shell, "ApiErrorsAlarm")["health"]
    assert site.finished(api, posted(api))["status"] == "succeeded"


def test_work_that_is_tried_again_is_done_when_the_part_is_back(site: Site, api: httpx.Client, shell: Shell) -> None:
    with site.failing(1, LATER), site.without("Worker", "dynamodb:PutItem"):
        location = posted(api)
        look(shell, "RetriesAlarm")
        assert api.get(location).json()["status"] == "pending"
    assert site.finished(api, location)["status"] == "succeeded"


def test_an_input_that_kills_the_worker_fails_alone(site: Site, api: httpx.Client, shell: Shell) -> None:
    with site.failing(1, VISIBILITY + 1):
        location = posted(api, deed="crash")
    assert site.finished(api, location)["error"]["code"] == "model_crashed"
    look(shell, "WorkerErrorsAlarm")
    assert site.finished(api, posted(api))["status"] == "succeeded"


def test_dead_letters_are_looked_at_tried_again_and_given_up(site: Site, api: httpx.Client, shell: Shell) -> None:
    with dying(site), site.paused():  # so that they meet in one batch
        locations = [posted(api, x=x) for x in (2.5, 12.5, 22.5)]
    one, unwanted, _ = answers = [site.finished(api, location) for location in locations]
    assert {answer["error"]["code"] for answer in answers} == {"dead_letter"}
    look(shell, "DeadLettersAlarm")
    with runbook("Dead letters", shell) as step:
        listed = step("list")
        assert all(answer["prediction_id"] in listed for answer in answers)
        assert '"x": 2.5' in step("show", ID=one["prediction_id"])
        assert "dead letter" in step("logs", ID=one["prediction_id"])
        assert "1 dead letters are queued again" in step("redrive", ID=one["prediction_id"])
        site.drained()
        assert json.loads(step("result", ID=one["prediction_id"]))["result"]["prediction"] == "class 00"
        assert "1 dead letters are deleted" in step("delete", ID=unwanted["prediction_id"])
        assert "1 dead letters are queued again" in step("redrive --all")
    site.drained()
    assert [api.get(location).json()["status"] for location in locations] == ["succeeded", "failed", "succeeded"]
    assert site.cli("dead-letters", "list", "--stage", "dev").stdout.strip() == "No dead letters."


def test_dead_letters_that_cannot_be_kept_are_kept_when_the_bucket_is_back(
    site: Site, api: httpx.Client, shell: Shell
) -> None:
    with site.without("DeadLetter", "s3:PutObject"):
        with dying(site):
            location = posted(api)
        look(shell, "DeadLettersErrorsAlarm")
        assert api.get(location).json()["status"] == "pending"
    site.emulator.passes(181)
    assert site.finished(api, location)["error"]["code"] == "dead_letter"
    site.cli("dead-letters", "redrive", "--all", "--stage", "dev")
    site.drained()
    assert api.get(location).json()["status"] == "succeeded"
