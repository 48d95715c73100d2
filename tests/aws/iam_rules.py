"""How IAM judges a call by a policy document, as far as our documents need it: what the emulator leaves out."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from commands.github.policy import document


def allowed(policies: Iterable[Mapping[str, Any]], action: str, resource: str, **context: str) -> bool:
    """Whether a call is allowed; `context` holds condition keys, "_" for ":" in their names."""
    keys = {name.replace("_", ":", 1): value for name, value in context.items()}
    statements = [statement for policy in policies for statement in policy["Statement"]]
    matching = [found["Effect"] for found in statements if _matches(found, action, resource, keys)]
    return "Allow" in matching and "Deny" not in matching


def trusted(trust: Mapping[str, Any], provider: str, claims: Mapping[str, str]) -> bool:
    """Whether a trust policy lets a token of this provider in."""
    keys = {f"token.actions.githubusercontent.com:{name}": value for name, value in claims.items()}
    return any(
        statement["Principal"] == {"Federated": provider}
        and _matches({**statement, "Resource": "*"}, "sts:AssumeRoleWithWebIdentity", "*", keys)
        for statement in trust["Statement"]
    )


def statements_of(policies: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By their Sids, which must differ."""
    found = [statement for policy in policies for statement in policy["Statement"]]
    by_sid = {statement["Sid"]: statement for statement in found}
    assert len(by_sid) == len(found), "two statements have one name"
    return by_sid


def without(policies: Mapping[str, Mapping[str, Any]], sid: str, action: str) -> dict[str, Any]:
    """The same policies, one action of one statement less."""
    reduced = {
        name: [
            {
                **statement,
                "Action": [found for found in statement["Action"] if (statement["Sid"], found) != (sid, action)],
            }
            for statement in policy["Statement"]
        ]
        for name, policy in policies.items()
    }
    return {name: document([kept for kept in found if kept["Action"]]) for name, found in reduced.items()}


def matches(pattern: str, value: str) -> bool:
    """IAM's wildcards."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(statement: Mapping[str, Any], action: str, resource: str, keys: Mapping[str, str]) -> bool:
    named = any(matches(found.lower(), action.lower()) for found in as_list(statement["Action"]))
    reached = any(matches(found, resource) for found in as_list(statement["Resource"]))
    return (
        named
        and reached
        and all(
            key in keys and any(_OPERATORS[operator](wanted, keys[key]) for wanted in as_list(values))
            for operator, found in statement.get("Condition", {}).items()
            for key, values in found.items()
        )
    )


_OPERATORS = {"StringEquals": str.__eq__, "ArnLike": matches, "StringLike": matches}
