"""A month's bill: its lines, what they come to, and how to redo the sums."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from commands.architecture import Stack
from commands.costs.assumptions import Assumptions
from commands.costs.counts import Counts
from commands.costs.flow import Course
from commands.costs.prices import FREE_TIER, REGION
from commands.costs.usage import Line, usage
from commands.costs.workload import Workload
from commands.deployment import Deployment

SETTINGS = (
    *("service", "stage", "aws_region", "architecture", "api_memory", "worker_memory", "worker_timeout"),
    *("worker_concurrency", "batch_size", "batch_window", "throttle_rate", "throttle_burst", "wait_limit"),
    *("max_records", "max_body", "max_result", "result_ttl", "model_refresh", "log_level", "log_days"),
    "dashboard",
)
"""What an estimate depends on."""
DIGITS = 9
"""Decimals of a number in the document: a single call costs 0.0000002."""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What `course` costs in a month. Sums are USD."""

    course: Course
    counts: Counts
    lines: Sequence[Line]

    @classmethod
    def of(cls, workload: Workload, deployment: Deployment, stack: Stack, assumes: Assumptions) -> "Bill":
        """Raises SettingsError for a workload that the deployment would refuse."""
        workload.check(deployment)
        course = Course.of(workload, deployment, assumes)
        counts = Counts.of(course, stack)
        return cls(course=course, counts=counts, lines=list(usage(counts, deployment, stack, assumes)))

    @property
    def fixed(self) -> float:
        """What is paid when nobody asks."""
        return sum(line.usd for line in self.lines if line.fixed)

    @property
    def variable(self) -> float:
        return sum(line.usd for line in self.lines if not line.fixed)

    @property
    def services(self) -> Mapping[str, tuple[float, float]]:
        """Fixed and variable of each, in the order of the lines."""
        names = dict.fromkeys(line.price.service for line in self.lines)
        return {name: (self._sum(name, fixed=True), self._sum(name, fixed=False)) for name in names}

    def _sum(self, service: str, *, fixed: bool) -> float:
        return sum(line.usd for line in self.lines if line.price.service == service and line.fixed is fixed)

    def document(self) -> dict[str, Any]:
        """Quantities, unit prices and amounts, with the counts, sizes and durations that the quantities come from."""
        workload = self.course.workload
        return {
            "currency": "USD",
            "region": REGION,
            "free_tier": FREE_TIER,
            "per_month": workload.per_month,
            "records_per_request": workload.records,
            "polls": workload.polls,
            "wait": workload.wait,
            "usd": rounded({"fixed": self.fixed, "variable": self.variable, "total": self.fixed + self.variable}),
            "services": {
                name: rounded({"fixed": fixed, "variable": variable})
                for name, (fixed, variable) in self.services.items()
            },
            "lines": [_document(line) for line in self.lines],
            "counts": rounded(self.counts.document()),
            "bytes": {"record": workload.record_bytes, **asdict(self.course.sizes)},
            "flow": rounded(asdict(self.course.at(1))),
            "settings": _settings(self.course.deployment),
            "assumes": list(self.course.assumes.found()),
        }


def _settings(deployment: Deployment) -> dict[str, Any]:
    """Whether somebody is told of alarms is all that matters here: an estimate may be shown around."""
    named = {name: getattr(deployment, name) for name in SETTINGS}
    return {**named, "alarm_email": deployment.alarm_email is not None}


def _document(line: Line) -> dict[str, Any]:
    return {
        "service": line.price.service,
        "what": line.what,
        "fixed": line.fixed,
        "quantity": round(line.quantity, DIGITS),
        "unit": line.price.unit,
        "how": line.how,
        "price": {"usd": line.price.usd, "per": line.price.per, "as_of": line.price.as_of, "source": line.price.source},
        "usd": round(line.usd, DIGITS),
    }


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """As they are, without the tails that sums of fractions leave."""
    return {name: round(value, DIGITS) for name, value in values.items()}
