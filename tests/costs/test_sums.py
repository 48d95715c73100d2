"""The sums done once more by hand: from the price list and plain numbers, without the code that is tested."""

import pytest

from commands.costs.prices import PRICES
from tests.costs.estimating import bill, quantity

GB = 1024**3


def usd(price: str, quantity: float) -> float:
    return quantity / PRICES[price].per * PRICES[price].usd


def test_nothing_costs_what_is_polled_and_stored() -> None:
    made = bill(0)
    # Two triggers, five pollers each, three polls a minute, for thirty days; 50 MB of models, 390 MB of zips.
    receives = 2 * 5 * 3 * 60 * 24 * 30
    assert receives == 1_296_000
    assert made.fixed == pytest.approx(usd("sqs_requests", receives) + usd("s3_stored", 0.44))
    assert made.fixed == pytest.approx(0.5184 + 0.01012)
    assert made.variable == 0


def test_with_alarm_email_and_dashboard_nothing_costs_these_too() -> None:
    made = bill(0, ALARM_EMAIL="ops@example.org", DASHBOARD="true")
    assert made.fixed == pytest.approx(0.5184 + 0.01012 + 8 * 0.10 + 3.00 + 10 * 2 / 100_000)
    assert made.variable == 0


def test_with_snap_start_snapshots_of_both_are_kept_and_one_start_in_a_hundred_is_a_restored_one() -> None:
    nothing, million = bill(0, SNAP_START="true"), bill(1_000_000, SNAP_START="true")
    worker = 1769 / 1024  # GB; the API has one
    assert nothing.fixed - bill(0).fixed == pytest.approx((1 + worker) * 2_592_000 * 0.0000015046)
    restored = 0.01 * (3_000_000 * 1 + 1_000_000 * worker)
    assert quantity(million, "snapshots restored") == pytest.approx(restored)
    assert usd("snapshots_restored", restored) == pytest.approx(47_275.39 * 0.0001397998)


def test_a_million_predictions_one_by_one_each_read_twice() -> None:
    made = bill(1_000_000)
    n = 1_000_000
    calls = n + 2 * n
    # An API Lambda of 1,024 MiB has 1,024/1,769 of a processor, a worker of 1,769 MiB has one.
    post = (0.003 + 0.000_01) * 1769 / 1024 + 0.020
    get = 0.003 * 1769 / 1024 + 0.010
    batch = 0.0055 + 0.0015 + 0.000_01 + 0.010
    # 0.39 requests a second: each message is a batch of its own, one Lambda of each kind does it all. It reads the keys
    # every minute, the pointer every ten seconds. One call in a hundred starts a Lambda.
    minutes, tens = 30 * 24 * 60, 30 * 24 * 360
    api = n * post + 2 * n * get + minutes * 0.010 + 0.01 * calls * 0.43
    worker = n * batch + tens * 0.100 + 0.01 * n * 1.17
    # The answer, 300 bytes and one result of 140 with its separator; the item around it has 120 more.
    answer, item = 300 + 141, 120 + 300 + 141
    lines = 2 * n + 2 * n + n + tens  # accepted, answered; answered twice; succeeded; a tally
    logged = lines * 226 / GB
    sent = (calls * 400 + 2 * n * 152 + n * answer) / GB
    by_hand = {
        "HTTP API": usd("gateway_calls", calls),
        "Lambda": usd("lambda_calls", calls + n) + usd("lambda_arm64", 1 * api + 1769 / 1024 * worker),
        "SQS": usd("sqs_requests", 3 * n),
        "DynamoDB": usd("dynamodb_writes", n)
        + usd("dynamodb_reads", 2 * n + 2 * minutes + 0.01 * n)
        + usd("dynamodb_stored", n * (item + 100) * 7 / 30 / GB),
        "S3": usd("s3_gets", tens + 3 * 0.01 * n),
        "CloudWatch": usd("logs_taken", logged) + usd("logs_stored", logged * 0.22),
        "SNS": 0,
        "Internet": usd("sent", sent),
    }
    assert {name: variable for name, (_, variable) in made.services.items()} == pytest.approx(by_hand)
    assert made.variable == pytest.approx(sum(by_hand.values()))
    assert made.fixed == pytest.approx(0.5184 + 0.01012)
    assert made.variable == pytest.approx(8.94, abs=0.005)


def test_a_million_in_hundreds_are_ten_thousand_requests() -> None:
    made = bill(1_000_000, records=100)
    assert quantity(made, "calls") == 30_000
    assert quantity(made, "worker: batches") == 10_000
    # 100 records of 95 bytes travel as they are; 300 + 14,100 bytes of results are kept zipped, to 4,320 and 120.
    assert quantity(made, "send, receive, delete") == 30_000
    assert quantity(made, "writes of answers") == 10_000 * 5
    assert quantity(made, "large payloads") == 0


def test_who_waits_is_paid_for() -> None:
    made = bill(1_000_000, polls=0, wait=True)
    n = 1_000_000
    post = (0.003 + 0.000_01) * 1769 / 1024 + 0.020
    # The queue hands over, the worker looks at the pointer and answers: 0.137 s, seen at the second look.
    looks, look = 2, 0.1 + 0.010
    keys = 30 * 24 * 60
    api = n * (post + looks * look + 0.01 * 1.17) + keys * 0.010 + 0.01 * n * 0.43
    assert quantity(made, "API: time") == pytest.approx(api)
    assert quantity(made, "calls") == n
    assert quantity(made, "consistent reads") == pytest.approx(looks * n + 2 * keys + 0.01 * n)


def test_large_requests_travel_through_the_bucket_and_are_metered_in_parts() -> None:
    made = bill(1000, records=1000, record_bytes=4000)
    # A body of 4,001,000 bytes is eight calls of 512 KiB; zipped to a tenth it is over 448 KiB as base64.
    assert quantity(made, "calls") == 8 + 2
    assert quantity(made, "large payloads") == 2
    assert quantity(made, "send, receive, delete") == 3
    assert made.course.sizes.input_object == 400_100
    assert quantity(made, "payloads kept") == pytest.approx((400_100 + 42_390) * 8 / 30 / GB)
    # Below that it is in the message, and each 64 KiB of it are a request: sent and received.
    made = bill(1000, records=1000, record_bytes=2000)
    assert made.course.sizes.message == 215 + 200_100 * 4 // 3
    assert quantity(made, "send, receive, delete") == 5 + 5 + 1
    assert quantity(made, "large payloads") == 1
