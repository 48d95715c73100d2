"""Every action is one of IAM's, on a kind of resource that IAM can bound it to: AWS's own list, as cfn-lint has it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from tests.aws.iam_rules import as_list
from tests.aws.roles import role_of
from tests.aws.template import Template

LIST = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
WIDER = {"cloudwatch:DescribeAlarms": "CloudFormation looks for alarms by their prefix, which names none"}
VERBS = {f"apigateway:{verb}" for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
"""Their resources are the paths of the API Gateway's own API: the list has only some of them."""


@cache
def listed() -> Any:
    return json.loads(LIST.read_text())


def formats(action: str) -> list[str] | None:
    """Patterns of the ARNs that an action can be bound to, empty if to none; None for what is no action."""
    service, _, name = action.partition(":")
    found = listed()[service]["Actions"].get(name.lower())
    if found is None:
        return None
    kinds = listed()[service]["Resources"]
    arns = [arn for kind in found.get("Resources", []) for arn in kinds[kind.lower()]["ARNFormats"]]
    return [re.sub(r"\\\$\\\{\w+\\\}", "[^:]*", re.escape(arn).replace(r"\.\*", ".*")) for arn in arns]


def statements(template: Template) -> list[dict[str, Any]]:
    role = role_of(template.deployment)
    return [found for policy in (role.boundary(), *role.policies().values()) for found in policy["Statement"]]


def test_every_action_exists_and_is_bound_as_far_as_it_can_be(template: Template) -> None:
    for statement in statements(template):
        for action in set(statement["Action"]) - VERBS:
            patterns = formats(action)
            assert patterns is not None, f"{action} is no action of IAM"
            if not patterns or action in WIDER:
                assert statement["Resource"] == "*", f"{action} can't be bound to {statement['Resource']}"
                continue
            for resource in as_list(statement["Resource"]):
                arn = resource.replace("*", "x")
                assert any(re.fullmatch(pattern, arn) for pattern in patterns), f"{action} is not about {resource}"


def test_the_list_knows_what_it_should() -> None:
    assert formats("sqs:Nonsense") is None
    assert formats("cloudformation:ValidateTemplate") == []
    (queue,) = formats("sqs:SendMessage") or []
    assert re.fullmatch(queue, "arn:aws:sqs:eu-central-1:000000000000:iris-dev-Queue-x")
    assert not re.fullmatch(queue, "arn:aws:sns:eu-central-1:000000000000:iris-dev-Alarms-x")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_http_verbs_are_actions_of_the_gateway(verb: str) -> None:
    assert verb.partition(":")[2].lower() in listed()["apigateway"]["Actions"]
