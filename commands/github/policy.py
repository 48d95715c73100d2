"""Statements and policy documents of IAM, and how large they may be."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST = 6_144
"""Characters of a managed policy, white space aside; a role takes ten of them."""


def allow(
    sid: str,
    actions: str,
    resources: str | Sequence[str],
    condition: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A statement named after what it is for; `actions` are of one service: "sqs: CreateQueue DeleteQueue"."""
    service, _, names = actions.partition(": ")
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": [f"{service}:{name}" for name in names.split()],
        "Resource": resources if isinstance(resources, str) else list(resources),
    }
    return {**statement, "Condition": condition} if condition else statement


def document(statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def compact(policy: Mapping[str, Any]) -> str:
    """As it is sent to IAM."""
    return json.dumps(policy, separators=(",", ":"))


def size(policy: Mapping[str, Any]) -> int:
    """Characters, as IAM counts them."""
    return len(compact(policy))


def shown(value: Any, width: int = 80, indent: int = 0) -> str:
    """JSON for reading: on one line what fits, and lists of words filled up to the width."""
    line = json.dumps(value)
    if indent + len(line) < width or not value or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {shown(found, width, indent + 2)}" for key, found in value.items()]
    elif all(isinstance(found, str) for found in value):
        parts = _filled([json.dumps(found) for found in value], width - indent - 3)
    else:
        parts = [shown(found, width, indent + 2) for found in value]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return f"{opened}\n" + ",\n".join(inner + part for part in parts) + f"\n{' ' * indent}{closed}"


def _filled(words: Sequence[str], width: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 2 > width:
            lines.append(word)
        else:
            lines[-1] += f", {word}"
    return lines
