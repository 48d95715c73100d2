"""What an estimate assumes where neither settings nor code can tell: each with its unit and where it is from."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

_MEASURED = "measured warm on the emulated AWS by TLS, Python 3.11, November 2026"
_COLD = "bench/README.md: CPU until the first answer; Lambda bills the start, too, since August 2025"
_IRIS = "measured: iris, three classes with their probabilities"
_DOCS = "https://docs.aws.amazon.com"
_SCALING = f"{_DOCS}/lambda/latest/dg/services-sqs-scaling.html: five, where a maximum concurrency is set"


def _assumed(value: float, unit: str, group: str, what: str, source: str) -> float:
    found: float = field(default=value, metadata={"unit": unit, "group": group, "what": what, "source": source})
    return found


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Frozen; `dataclasses.replace` puts others in their place."""

    month: float = _assumed(30 * 86_400, "s", "load", "a month of {}", "every second is as busy as the next")
    peak: float = _assumed(
        10, "times", "load", "a peak of {} the average", "chosen: office hours alone make 4.3 times the average"
    )
    processor: float = _assumed(
        1769, "MiB", "CPU", "one processor with {}", f"{_DOCS}/lambda/latest/dg/configuration-memory.html"
    )
    api_cpu: float = _assumed(0.003, "s", "CPU", "a call {}", _MEASURED)
    batch_cpu: float = _assumed(0.0055, "s", "CPU", "a batch {} with the model of iris", _MEASURED)
    message_cpu: float = _assumed(0.0015, "s", "CPU", "a message {}", _MEASURED)
    record_cpu: float = _assumed(0.00001, "s", "CPU", "a record {}", _MEASURED)
    sqs: float = _assumed(0.02, "s", "AWS answers", "SQS in {}", "https://aws.amazon.com/sqs/faqs/: tens of ms or more")
    dynamodb: float = _assumed(
        0.01, "s", "AWS answers", "DynamoDB in {}", "https://aws.amazon.com/dynamodb/: below 10 ms"
    )
    s3: float = _assumed(
        0.1,
        "s",
        "AWS answers",
        "S3 in {}",
        f"{_DOCS}/AmazonS3/latest/userguide/optimizing-performance.html: 100 to 200 ms",
    )
    cold: float = _assumed(0.01, "share", "cold starts", "{} of calls", "AWS's blog on billing INIT, 2025: under 1 %")
    api_start: float = _assumed(0.43, "s", "cold starts", "{} of the API", _COLD)
    worker_start: float = _assumed(1.17, "s", "cold starts", "{} of the worker", _COLD)
    message_head: float = _assumed(215, "bytes", "sizes", "a message without records {}", _IRIS)
    answer_head: float = _assumed(300, "bytes", "sizes", "an answer without results {}", _IRIS)
    result: float = _assumed(140, "bytes", "sizes", "a result {}", _IRIS)
    pending: float = _assumed(
        152, "bytes", "sizes", "a pending answer {}", "measured: prediction_id, status, two times"
    )
    headers: float = _assumed(400, "bytes", "sizes", "headers {}", "165 of the API, measured; the gateway's and CORS")
    item: float = _assumed(
        120, "bytes", "sizes", "an item without its answer {}", "serving/aws/predictions.py: names, values"
    )
    zipped_input: float = _assumed(0.1, "share", "zipped", "records to {}", f"600 records, {_IRIS}")
    zipped_result: float = _assumed(0.3, "share", "zipped", "results to {}", f"20 records, {_IRIS}")
    zipped_log: float = _assumed(0.22, "share", "zipped", "logs to {}", "measured: CloudWatch keeps them gzipped")
    log_line: float = _assumed(
        226, "bytes", "logs", "a line {}", "measured: 169 to 219 in Lambda's JSON; CloudWatch adds 26"
    )
    pollers: float = _assumed(5, "", "queues", "{} pollers of each trigger", _SCALING)
    poll: float = _assumed(
        20, "s", "queues", "a poll of {}", "the longest of SQS: 15 empty receives a minute are observed"
    )
    models: float = _assumed(0.05, "GB", "stored", "models {}", "chosen: five of 10 MB")
    bundles: float = _assumed(
        0.39, "GB", "stored", "zips {}", "serverless.yml keeps five deployments; 77 MB each for iris"
    )
    mails: float = _assumed(10, "", "alarms", "{} mails", "chosen")

    def found(self) -> Iterator[dict[str, Any]]:
        """Each with `name`, `value`, `unit`, `group`, `what` (in words) and `source`."""
        for one in fields(self):
            value = getattr(self, one.name)
            said = one.metadata["what"].format(_said(value, one.metadata["unit"]))
            yield {"name": one.name, "value": value, **one.metadata, "what": said}


def _said(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value * 100:g} %"
    if unit == "s" and value >= 86_400:
        return f"{value / 86_400:g} days"
    if unit == "s" and value < 0.2:
        return f"{value * 1000:g} ms"
    return f"{value:,g} {unit}".rstrip()
