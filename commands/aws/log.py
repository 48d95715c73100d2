"""The log groups of a service's Lambdas as one log."""

import heapq
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from commands.aws.account import aws_errors
from commands.aws.stack import Deployed
from serving.prediction import iso

PAUSE = 2.0
"""Seconds between two looks while following."""
LATE = 10_000
"""Milliseconds: CloudWatch may show a line so late, so each look goes back so far."""

Key = tuple[str, str, int, str]
"""Tells one line from another: function, stream, time, text."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: `fields` as Lambda's JSON has them, with `function` and `time` added."""

    at: int
    function: str
    fields: dict[str, Any]

    @property
    def troubled(self) -> bool:
        """Whether it tells of something that went wrong."""
        level = str(self.fields.get("level") or self.fields.get("message", "")).split(" ", 1)[0]
        return level in {"WARNING", "WARN", "ERROR", "CRITICAL", "FATAL"} or "errorMessage" in self.fields

    @property
    def text(self) -> str:
        """What it says, without when and where."""
        message = self.fields.get("message") or self.fields.get("errorMessage") or self.fields.get("record", "")
        return message if isinstance(message, str) else json.dumps(message)

    def to_json(self) -> str:
        """All that is known of it, on one line."""
        return json.dumps({"time": iso(self.at), "function": self.function, **self.fields})

    def __str__(self) -> str:
        level = self.fields.get("level", self.fields.get("type", ""))
        trace = self.fields.get("stackTrace") or []
        return "\n".join(
            [f"{iso(self.at)} {self.function:<12} {level:<8} {self.text}".rstrip(), *map(str.rstrip, trace)]
        )


class Log:
    """What the service has logged in the last `seconds`; only lines that hold `text`, if it is given."""

    def __init__(self, service: Deployed, *, text: str | None, seconds: int) -> None:
        self._client = service.account.client("logs")
        self._groups = {role: f"/aws/lambda/{name}" for role, name in service.functions.items()}
        self._text = text
        self._from = int((time.time() - seconds) * 1000)

    def lines(self, *, follow: bool) -> Iterator[Line]:
        """Oldest first; with `follow` it never ends. Raises ServingError."""
        seen: dict[Key, int] = {}
        start = self._from
        while True:
            for key, line in heapq.merge(*(self._events(*group, start) for group in self._groups.items()), key=_at):
                if key not in seen:
                    seen[key] = line.at
                    yield line
            if not follow:
                return
            time.sleep(PAUSE)
            start = max([start, *(at - LATE for at in seen.values())])
            seen = {key: at for key, at in seen.items() if at >= start}

    def _events(self, role: str, group: str, start: int) -> Iterator[tuple[Key, Line]]:
        options: dict[str, Any] = {"logGroupName": group, "startTime": start}
        if self._text is not None:
            options["filterPattern"] = json.dumps(self._text)
        with aws_errors():
            try:
                for page in self._client.get_paginator("filter_log_events").paginate(**options):
                    for event in sorted(page["events"], key=lambda event: event["timestamp"]):
                        key = (role, event["logStreamName"], event["timestamp"], event["message"])
                        yield key, Line(at=event["timestamp"], function=role, fields=_fields(event))
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":  # nothing was logged yet
                    raise


def _at(found: tuple[Key, Line]) -> int:
    return found[1].at


def _fields(event: dict[str, Any]) -> dict[str, Any]:
    """Lambda writes JSON; what a library prints is a text."""
    message = event["message"].rstrip("\n")
    try:
        fields = json.loads(message)
    except ValueError:
        return {"message": message}
    return fields if isinstance(fields, dict) else {"message": message}
