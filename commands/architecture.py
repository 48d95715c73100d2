"""Draws docs/architecture.md's picture from serverless.yml and resources/, and its limits from the settings.

python -m commands.architecture      `make docs` calls it; a test fails when the page is behind
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from commands.deployment import Deployment
from serving.aws.queue import LARGEST_BODY

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
MIB = 1024 * 1024
DAY = 86_400
KINDS = {
    "AWS::SQS::Queue": "SQS queue",
    "AWS::DynamoDB::Table": "DynamoDB table",
    "AWS::S3::Bucket": "S3 bucket",
    "AWS::SNS::Topic": "SNS topic",
}
LEFT_OUT = ("WriteLogs", "Tell")
"""Sids of statements that are no part of the way of a prediction."""


class _Loader(yaml.SafeLoader):
    """YAML in which !Ref, !GetAtt and !Sub are what they name."""


def _untagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True)


_Loader.add_multi_constructor("!", _untagged)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """serverless.yml's functions, and the resources of all its files."""

    functions: Mapping[str, Any]
    resources: Mapping[str, Any]

    @classmethod
    def read(cls, root: Path = ROOT) -> "Stack":
        resources: dict[str, Any] = {}
        for path in sorted((root / "resources").glob("*.yml")):
            resources |= _yaml(path).get("Resources", {})
        return cls(functions=_yaml(root / "serverless.yml")["functions"], resources=resources)

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of each resource of a type."""
        return {name: found["Properties"] for name, found in self.resources.items() if found["Type"] == kind}

    def statements(self, function: str) -> Sequence[Mapping[str, Any]]:
        """What the function's role may do."""
        role = self.resources[_name(self.functions[function]["role"])]["Properties"]
        found: Sequence[Mapping[str, Any]] = role["Policies"][0]["PolicyDocument"]["Statement"]
        return found


def _yaml(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return _Loader(file).get_single_data()


def picture(stack: Stack) -> str:
    """A Mermaid diagram; an arrow from a function to what it uses is named after the statements that allow it."""
    lines = ["flowchart LR", '    client(["client"]) -->|HTTPS| HttpApi["HTTP API"]']
    lines += [f'    {name}["{_words(name)}<br/>Lambda"]' for name in stack.functions]
    lines += [
        f'    {name}[("{_words(name)}<br/>{KINDS[found["Type"]]}")]'
        for name, found in stack.resources.items()
        if found["Type"] in KINDS
    ]
    lines.append('    models[("models<br/>S3 bucket, not in the stack")]')
    return "\n".join(["```mermaid", *lines, *(f"    {arrow}" for arrow in _arrows(stack)), "```"])


def _arrows(stack: Stack) -> Iterator[str]:
    for function, found in stack.functions.items():
        for event in found["events"]:
            if "httpApi" in event:
                yield f"HttpApi --> {function}"
            else:
                yield f"{_name(event['sqs']['arn'])} -->|batches| {function}"
        for target, sids in _uses(stack, function).items():
            yield f"{function} -->|{'<br/>'.join(sids)}| {target}"
    for name, queue in stack.of("AWS::SQS::Queue").items():
        if "RedrivePolicy" in queue:
            yield f"{name} -->|after MAX_RECEIVES tries| {_name(queue['RedrivePolicy']['deadLetterTargetArn'])}"
    for alarm in stack.of("AWS::CloudWatch::Alarm").values():
        stats = [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric]
        looked_at = stats or [alarm]
        watched = _function(_name(looked_at[0]["Dimensions"][0]["Value"]))
        yield f"{watched} -.->|{'<br/>'.join(one['MetricName'] for one in looked_at)}| {alarm['AlarmActions'][0]}"
    yield 'Alarms -.-> mail(["ALARM_EMAIL"])'


def _uses(stack: Stack, function: str) -> dict[str, list[str]]:
    """What the function calls, with what for; queues call functions, so what a trigger needs is no arrow."""
    uses: dict[str, list[str]] = {}
    for statement in stack.statements(function):
        sid, resources = statement["Sid"], statement["Resource"]
        if statement["Effect"] == "Deny" or sid.startswith(LEFT_OUT) or "sqs:ReceiveMessage" in statement["Action"]:
            continue
        for target in dict.fromkeys(_name(resource) for resource in _as_list(resources)):
            uses.setdefault(target, []).append(_words(sid))
    return uses


def limits(stack: Stack) -> str:
    """A table: what is limited, to what by default, and who sets it."""
    rows = ["| what | limit | set by |", "|---|---|---|"]
    return "\n".join([*rows, *(f"| {what} | {limit} | {who} |" for what, limit, who in _limits(stack))])


def _limits(stack: Stack) -> Iterator[tuple[str, str, str]]:
    d = Deployment(backend="aws")
    queue, payloads = stack.of("AWS::SQS::Queue")["Queue"], stack.of("AWS::S3::Bucket")["PayloadBucket"]
    kept = payloads["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]
    yield "a POST's body", f"{d.max_body // MIB} MiB", "`MAX_BODY`; Lambda takes 6 MB, the HTTP API 10 MB"
    yield "records in a POST", f"{d.max_records:,}", "`MAX_RECORDS`"
    yield "a result", f"{d.max_result // MIB} MiB", "`MAX_RESULT`; a Lambda's answer holds 6 MB"
    yield "`Prefer: wait`", f"{d.wait_limit:g} s", "`WAIT_LIMIT`; 25 s at most, the HTTP API gives up after 30 s"
    yield "a request", f"{stack.functions['api']['timeout']} s", "serverless.yml; the HTTP API gives up after 30 s"
    yield "requests a second", f"{d.throttle_rate}, at once {d.throttle_burst}", "`THROTTLE_RATE`, `THROTTLE_BURST`"
    yield "a result can be read for", f"{d.result_ttl // DAY} days", "`RESULT_TTL`; never longer"
    size, carried = queue["MaximumMessageSize"] // MIB, LARGEST_BODY // 1024
    yield (
        "a message",
        f"{size} MiB",
        f"SQS; what has over {carried} KiB, gzipped, is cheaper through the payload bucket",
    )
    yield "a message waits", f"{queue['MessageRetentionPeriod'] // DAY} days", "SQS; receipts expire earlier"
    yield "payloads are kept", f"{kept} days", "resources/storage.yml; a day longer than any receipt"
    yield "messages in a batch", f"{d.batch_size}", "`BATCH_SIZE`; over 10 with a `BATCH_WINDOW` only"
    yield "rows of one predict", f"{d.batch_rows:,}", "`BATCH_ROWS`"
    yield "input of one predict", f"{d.batch_bytes // MIB} MiB", "`BATCH_BYTES`"
    yield "one predict", f"{d.predict_timeout:g} s", "`PREDICT_TIMEOUT`"
    yield "a batch", f"{d.worker_timeout:g} s", "`WORKER_TIMEOUT`; Lambda runs for 15 minutes at most"
    yield "a batch that was lost comes back after", f"{d.visibility} s", "6 times `WORKER_TIMEOUT`, and `BATCH_WINDOW`"
    yield "tries of a message", f"{d.max_receives}", "`MAX_RECEIVES`"
    yield "batches at the same time", f"{d.worker_concurrency}", "`WORKER_CONCURRENCY`"
    yield "the worker's memory", f"{d.worker_memory} MiB", "`WORKER_MEMORY`; Lambda has 10,240 MiB at most"
    yield "a function's code, unzipped", "250 MiB", "Lambda; `cli package` counts before anything is deployed"
    yield "logs are kept", f"{d.log_days} days", "`LOG_DAYS`"


def written(text: str, stack: Stack) -> str:
    """The page with both parts as they are now."""
    for name, part in {"picture": picture(stack), "limits": limits(stack)}.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{PAGE.name} has no place for {name}: {begin.strip()} … {end}")
        text = f"{before}{begin}{part}\n{end}{after}"
    return text


def _name(reference: str) -> str:
    """Queue of Queue.Arn, PayloadBucket of ${PayloadBucket.Arn}/messages/*, models of what is not in the stack."""
    found = re.match(r"(?:\$\{)?(?:self:custom\.)?(\w+)", reference)
    assert found is not None
    return found[1]


def _function(name: str) -> str:
    """worker of WorkerLambdaFunction, as osls names it."""
    own = name.removesuffix("LambdaFunction")
    return own if own == name else own[0].lower() + own[1:]


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), Stack.read()), encoding="utf-8")
