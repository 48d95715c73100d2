"""The lines of the bill: what is counted, times what AWS charges for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commands.architecture import Stack
from commands.costs.assumptions import Assumptions
from commands.costs.counts import Counts
from commands.costs.prices import GB, PRICES, Price
from commands.deployment import Deployment

MIB_OF_A_GB = 1024


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the bill. What is `fixed` is paid when nobody asks."""

    price: Price
    what: str
    quantity: float
    how: str  # in the names of the counts, sizes, settings and assumptions that --json prints
    fixed: bool = False

    @property
    def usd(self) -> float:
        return self.price.of(self.quantity)


def usage(counts: Counts, deployment: Deployment, stack: Stack, assumes: Assumptions) -> Iterator[Line]:
    """Every line, service by service, also those of which there is nothing."""
    yield _line("gateway_calls", "calls", counts.gateway_calls, "posts + reads, each 512 KiB of one is another")
    yield from _compute(counts, deployment)
    yield from _snapshots(counts, deployment, assumes)
    idle = "triggers × pollers × month / poll"
    yield _line("sqs_requests", "polls of idle triggers", counts.idle_receives, idle, fixed=True)
    yield _line(
        "sqs_requests", "send, receive, delete", counts.sqs_requests, "posts + 2 × batches, each 64 KiB is another"
    )
    yield from _tables(counts)
    yield from _buckets(counts, assumes)
    yield from _watched(counts, deployment, stack, assumes)
    yield _line("sent", "answers", counts.sent_bytes / GB, "sent_bytes / 1024³")


def _compute(counts: Counts, deployment: Deployment) -> Iterator[Line]:
    per_second = f"lambda_{deployment.architecture}"
    api, worker = deployment.api_memory / MIB_OF_A_GB, deployment.worker_memory / MIB_OF_A_GB
    yield _line("lambda_calls", "API: calls", counts.posts + counts.reads, "posts + reads")
    yield _line(per_second, "API: time", counts.api_seconds * api, "api_seconds × api_memory / 1024")
    yield _line("lambda_calls", "worker: batches", counts.batches, "batches")
    yield _line(per_second, "worker: time", counts.worker_seconds * worker, "worker_seconds × worker_memory / 1024")


def _snapshots(counts: Counts, deployment: Deployment, assumes: Assumptions) -> Iterator[Line]:
    """A snapshot is charged by its function's memory, used or not."""
    made = int(deployment.snap_start)
    api, worker = made * deployment.api_memory / MIB_OF_A_GB, made * deployment.worker_memory / MIB_OF_A_GB
    kept, restored = (api + worker) * assumes.month, counts.api_starts * api + counts.worker_starts * worker
    both = "(api_memory + worker_memory) / 1024 × month, with SNAP_START"
    yield _line("snapshots_kept", "snapshots kept", kept, both, fixed=True)
    each = "(api_starts × api_memory + worker_starts × worker_memory) / 1024, with SNAP_START"
    yield _line("snapshots_restored", "snapshots restored", restored, each)


def _tables(counts: Counts) -> Iterator[Line]:
    yield _line("dynamodb_writes", "writes of answers", counts.write_units, "posts, each KiB of an item is another")
    yield _line(
        "dynamodb_reads", "consistent reads", counts.read_units, "reads of answers and keys, each 4 KiB is another"
    )
    yield _line("dynamodb_stored", "answers kept", counts.table_bytes / GB, "table_bytes / 1024³")


def _buckets(counts: Counts, assumes: Assumptions) -> Iterator[Line]:
    yield _line("s3_stored", "models and zips", assumes.models + assumes.bundles, "models + bundles", fixed=True)
    yield _line("s3_puts", "large payloads", counts.puts, "posts × objects of one")
    yield _line("s3_gets", "payloads and models", counts.gets, "pointer_reads + 3 × worker_starts + large payloads")
    yield _line("s3_stored", "payloads kept", counts.payload_bytes / GB, "payload_bytes / 1024³")


def _watched(counts: Counts, deployment: Deployment, stack: Stack, assumes: Assumptions) -> Iterator[Line]:
    made = {"Alarmed": deployment.alarm_email is not None, "Watched": deployment.dashboard}
    alarms = _metrics(_made(stack, "AWS::CloudWatch::Alarm", made))
    dashboards = len(_made(stack, "AWS::CloudWatch::Dashboard", made))
    mails = assumes.mails if _made(stack, "AWS::SNS::Topic", made) else 0
    yield _line("alarms", "alarms", alarms, "metrics of the alarms in resources/, with ALARM_EMAIL", fixed=True)
    yield _line("dashboards", "dashboards", dashboards, "dashboards in resources/, with DASHBOARD", fixed=True)
    yield _line("logs_taken", "logs written", counts.log_bytes / GB, "log_bytes / 1024³")
    yield _line("logs_stored", "logs kept", counts.log_bytes_held / GB, "log_bytes_held / 1024³")
    yield _line("mails", "mails of alarms", mails, "mails, with ALARM_EMAIL", fixed=True)


def _made(stack: Stack, kind: str, conditions: Mapping[str, bool]) -> list[Mapping[str, Any]]:
    """The properties of the resources of a type that this deployment has."""
    return [
        found["Properties"]
        for found in stack.resources.values()
        if found["Type"] == kind and conditions.get(found.get("Condition"), True)
    ]


def _metrics(alarms: list[Mapping[str, Any]]) -> int:
    """AWS charges for each metric that an alarm looks at: one, or those that it computes with."""
    return sum(sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1 for alarm in alarms)


def _line(price: str, what: str, quantity: float, how: str, *, fixed: bool = False) -> Line:
    return Line(price=PRICES[price], what=what, quantity=quantity, how=how, fixed=fixed)
