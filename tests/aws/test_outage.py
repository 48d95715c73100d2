"""An outage of an hour: whatever was accepted is answered afterwards, and nothing becomes a dead letter."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from tests.aws.driven import Driven, driven
from tests.aws.emulator import Emulator
from tests.aws.fixtures import MAX_RECEIVES
from tests.aws.wire import Wire, slow_down, throttled

HOUR = 3600
NOTE = random.Random(1).randbytes(700_000).hex()


@pytest.fixture
def service(emulator: Emulator, wire: Wire, session: boto3.Session, tmp_path: Path) -> Iterator[Driven]:
    with driven(emulator, wire, tmp_path) as made:
        yield made


def dynamodb_throttles(wire: Wire) -> None:
    wire.breaks("(Put|Get|Update|BatchGet)Item", throttled)


def s3_slows_down(wire: Wire) -> None:
    wire.breaks("(GET|PUT|HEAD|DELETE) /", slow_down)


def everything_is_refused(wire: Wire) -> None:
    wire.down()


@pytest.mark.parametrize("begin", [dynamodb_throttles, s3_slows_down, everything_is_refused])
def test_an_outage_of_an_hour_loses_nothing(service: Driven, wire: Wire, begin: Callable[[Wire], None]) -> None:
    asked = [{"x": 2, "note": NOTE}, [{"x": 3}, {"x": 4}], *({"x": x} for x in range(8))]
    sent = {service.post(records): records for records in asked}
    begin(wire)
    service.lets_pass(HOUR)
    if begin is everything_is_refused:
        assert 10 <= service.receives <= 11, "nothing can be postponed: each time the visibility of 6 min has to end"
    else:
        assert 12 <= service.receives <= 14, "after 1 s, doubling to 15 min"
    assert sum(service.depth().values()) > 0
    if begin is everything_is_refused:
        answer = service.api("POST", "", json={"x": 5})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        wire.up()
    else:
        sent[service.post({"x": 5})] = {"x": 5}  # the queue is there, so that this is promised
    wire.heals()
    service.drain()
    assert (service.dead(), service.receives < MAX_RECEIVES) == (0, True)
    for prediction_id, records in sent.items():
        answer = service.get(prediction_id)
        assert answer["status"] == "succeeded", answer
        rows = answer["result"] if isinstance(records, list) else [answer["result"]]
        inputs = records if isinstance(records, list) else [records]
        assert [row["prediction"] for row in rows] == pytest.approx([2 * record["x"] for record in inputs])
