"""The limits that a workload meets: ours and AWS's, at the average and at a peak, the tightest first."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from commands.costs.counts import Counts
from commands.costs.flow import Course, Flow

ACCOUNT_CONCURRENCY = 1000
"""Lambdas at work in an account's region, by default; a new account has fewer, until it has used them."""
IN_FLIGHT = 120_000
"""Messages of a queue that are received and not yet deleted."""
WRITES, READS = 4000, 12_000
"""Units a second that a new table takes at once; it grows with what is asked of it."""
CALL_BYTES = 6 * 1024 * 1024
"""Of a Lambda's event, and of its answer."""
DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How much there may be, and how much there is at the average rate and at a peak."""

    what: str  # with its unit
    set_by: str  # our setting, or whose limit it is
    most: float
    average: float
    peak: float
    then: str  # what happens beyond it
    grows: bool = True  # with the number of predictions; else it is a matter of one request or batch

    @property
    def headroom(self) -> float | None:
        """How many times the peak would fit; None when there is nothing."""
        return self.most / self.peak if self.peak else None

    @property
    def headroom_of_average(self) -> float | None:
        return self.most / self.average if self.average else None

    def document(self) -> dict[str, Any]:
        """Rounded, with both headrooms."""
        own = {**asdict(self), "headroom_of_average": self.headroom_of_average, "headroom": self.headroom}
        return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in own.items()}


def limits(course: Course, counts: Counts) -> Sequence[Limit]:
    """The tightest at a peak first; what is not met at all comes last."""
    average, peak = course.at(1), course.at(course.assumes.peak)
    found = [*_rates(course, counts), *_at_once(course, average, peak), *_sizes(course, average, peak)]
    return sorted(found, key=lambda limit: float("inf") if limit.headroom is None else limit.headroom)


def _rates(course: Course, counts: Counts) -> Iterator[Limit]:
    deployment = course.deployment
    calls, refused, throttled = counts.posts + counts.reads, "429 from the gateway", "throttled and tried again"
    full = deployment.worker_concurrency * deployment.batch_size / course.batch_seconds(deployment.batch_size)
    for what, set_by, most, of_a_month, then in (
        ("calls a second", "THROTTLE_RATE", deployment.throttle_rate, calls, refused),
        ("calls in one second", "THROTTLE_BURST", deployment.throttle_burst, calls, refused),
        ("requests a second", "WORKER_CONCURRENCY", full, counts.posts, "the queue grows, answers come later"),
        ("writes a second", "DynamoDB, new", WRITES, counts.write_units, throttled),
        ("reads a second", "DynamoDB, new", READS, counts.read_units, throttled),
    ):
        average = of_a_month / course.assumes.month
        peak = average * course.assumes.peak
        yield Limit(what=what, set_by=set_by, most=most, average=average, peak=peak, then=then)


def _at_once(course: Course, average: Flow, peak: Flow) -> Iterator[Limit]:
    flows, most = (average, peak), course.deployment.worker_concurrency
    workers = [min(flow.workers_busy, most) for flow in flows]
    lambdas = [flow.api_busy + busy for flow, busy in zip(flows, workers, strict=True)]
    messages = [busy * flow.batch_messages for flow, busy in zip(flows, workers, strict=True)]
    yield Limit(
        what="Lambdas at work",
        set_by="account, default",
        most=ACCOUNT_CONCURRENCY,
        average=lambdas[0],
        peak=lambdas[1],
        then="503 from the gateway; a new account has fewer",
    )
    yield Limit(
        what="messages in flight",
        set_by="SQS",
        most=IN_FLIGHT,
        average=messages[0],
        peak=messages[1],
        then="workers are handed no more",
    )


def _sizes(course: Course, average: Flow, peak: Flow) -> Iterator[Limit]:
    """Of one request or batch, however many there are."""
    deployment, sizes, records = course.deployment, course.sizes, course.workload.records
    carried = [max(sizes.body, sizes.answer, flow.batch_messages * sizes.message) for flow in (average, peak)]
    for what, set_by, most, now, then_, beyond in (
        ("records of a request", "MAX_RECORDS", deployment.max_records, records, records, "413"),
        ("bytes of a request", "MAX_BODY", deployment.max_body, sizes.body, sizes.body, "413"),
        ("bytes of a result", "MAX_RESULT", deployment.max_result, sizes.answer, sizes.answer, "result_too_large"),
        ("bytes of a call", "Lambda", CALL_BYTES, carried[0], carried[1], "batches hold less"),
        (
            "seconds of a batch",
            "WORKER_TIMEOUT",
            deployment.worker_timeout,
            average.batch_seconds,
            peak.batch_seconds,
            "the rest of it goes back to the queue",
        ),
    ):
        yield Limit(what=what, set_by=set_by, most=most, average=now, peak=then_, then=beyond, grows=False)
