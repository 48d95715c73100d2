"""CloudFormation acts with the caller's rights: all that its registry says a type needs is granted, or has a reason.

The emulator's CloudFormation asks for none of them; the registry's own lists come with cfn-lint.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from commands.github.names import Names, generated
from commands.github.rights import role_rights
from commands.github.role import Role
from commands.github.stack_rights import functions, storage
from tests.aws.emulator import REGION
from tests.aws.iam_rules import allowed, matches, without
from tests.aws.needless import NEEDLESS
from tests.aws.roles import role_of
from tests.aws.template import Template

SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
DEEDS = ("create", "read", "update", "delete")
LISTS = {
    *("logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:DescribeIndexPolicies"),
    "cloudwatch:DescribeAlarms",
}
"""They name no resource."""
FUNCTIONS = {"ApiLambdaFunction": "api", "WorkerLambdaFunction": "worker"}
"""Those that can start from a snapshot."""


@pytest.fixture
def role(template: Template) -> Role:
    return role_of(template.deployment)


@cache
def registered(kind: str) -> frozenset[str]:
    """The permissions that CloudFormation needs for resources of a type."""
    file = json.loads((SCHEMAS / "providers" / f"{REGION}.json").read_text())[kind]
    handlers = json.loads((SCHEMAS / "resources" / f"{file}.json").read_text())["handlers"]
    return frozenset(action for deed in DEEDS for action in handlers.get(deed, {}).get("permissions", []))


def needless(kind: str) -> set[str]:
    return {action for actions in NEEDLESS.get(kind, {}).values() for action in actions.split()}


def made_up(stack: str, logical: str, longest: int) -> str:
    """A name as CloudFormation makes it up."""
    left = longest - 14
    if len(stack) + len(logical) + 14 <= longest:
        return f"{stack}-{logical}-hdst4ohfvdif"
    return f"{stack[: (left + 1) // 2]}-{logical[: left // 2]}-hdst4ohfvdif"


def arns(names: Names, kind: str, logical: str, properties: dict[str, Any]) -> list[str]:
    """The resource's own, and those of what belongs to it."""
    stack, made = names.stack, lambda longest: made_up(names.stack, logical, longest)
    gateway = f"arn:aws:apigateway:{REGION}::"
    match kind.removeprefix("AWS::"):
        case "SQS::Queue":
            return [names.arn("sqs", made(80))]
        case "SQS::QueuePolicy":
            return [names.arn("sqs", made_up(stack, queue["Ref"], 80)) for queue in properties["Queues"]]
        case "DynamoDB::Table":
            return [names.arn("dynamodb", f"table/{made(255)}")]
        case "S3::Bucket":
            return [names.s3(made(63).lower())]
        case "S3::BucketPolicy":
            return [names.s3(made_up(stack, properties["Bucket"]["Ref"], 63).lower())]
        case "IAM::Role":
            return [names.iam(f"role/{made(64)}")]
        case "Lambda::Function":
            return [names.arn("lambda", f"function:{properties['FunctionName']}")]
        case "Lambda::Version" | "Lambda::Alias":
            function = names.arn("lambda", f"function:{stack}-{FUNCTIONS[properties['FunctionName']['Ref']]}")
            return [function, f"{function}:{'snapstart' if kind.endswith('Alias') else 7}"]
        case "Lambda::Permission":
            return [
                names.arn("lambda", f"function:{stack}-api"),
                names.arn("lambda", f"function:{stack}-api:snapstart"),
            ]
        case "Lambda::EventSourceMapping":
            return [names.arn("lambda", "event-source-mapping:a1b2")]
        case "Logs::LogGroup":
            group = names.arn("logs", f"log-group:{properties['LogGroupName']}")
            return [group, f"{group}:*"]
        case "CloudWatch::Alarm":
            return [names.arn("cloudwatch", f"alarm:{made(255)}")]
        case "CloudWatch::Dashboard":
            return [f"arn:aws:cloudwatch::{names.account}:dashboard/{properties['DashboardName']}"]
        case "SNS::Topic":
            return [names.arn("sns", made(256)), names.arn("sns", f"{made(256)}:a1b2")]
        case "ApiGatewayV2::Api":
            return [f"{gateway}/apis", f"{gateway}/apis/a1", f"{gateway}/tags/arn%3Aaws%3Aapigateway"]
        case "ApiGatewayV2::Stage" | "ApiGatewayV2::Route" | "ApiGatewayV2::Integration":
            part = f"{gateway}/apis/a1/{kind.rpartition('::')[2].lower()}s"
            return [part, f"{part}/b2"]
        case _:
            raise AssertionError(f"{kind} is new in the template: say here what it is called")


def calls(
    names: Names, kind: str, logical: str, properties: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Action, resource and conditions of everything that CloudFormation may ask for a resource."""
    worker = names.arn("lambda", f"function:{names.stack}-worker")
    for action in sorted(registered(kind) - needless(kind)):
        context = {
            "iam_PermissionsBoundary": names.iam(f"policy/{names.stack}-boundary"),
            "iam_PassedToService": "lambda.amazonaws.com",
            "lambda_Principal": properties.get("Principal", ""),
            "lambda_FunctionArn": worker,
            "aws_ResourceAccount": names.account,
        }
        if action in LISTS or action == "lambda:CreateEventSourceMapping":
            yield action, "*", context
        elif action == "iam:PassRole":
            for role in ("ApiRole", "WorkerRole", "DeadLettersRole"):
                yield action, names.iam(f"role/{made_up(names.stack, role, 64)}"), context
        elif action == "s3:GetObject":
            packages = made_up(names.stack, "ServerlessDeploymentBucket", 63).lower()
            yield action, names.s3(f"{packages}/serverless/x/api.zip"), context
        else:
            for arn in arns(names, kind, logical, properties):
                yield action, arn, context


def test_all_that_cloudformation_needs_is_granted(template: Template, role: Role) -> None:
    policies = role.policies().values()
    for logical, resource in template.resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        for action, arn, context in calls(role.names, kind, logical, properties):
            assert allowed(policies, action, arn, **context), f"{logical}, {kind}: {action} on {arn}"


def test_it_is_granted_for_the_longest_names_as_well(chosen: Template) -> None:
    stack = f"{'s' * 40}-{'t' * 10}"
    role = role_of(chosen.deployment, stack=stack, service="s" * 40, stage="t" * 10)
    renamed = json.loads(json.dumps(chosen.document["Resources"]).replace(chosen.deployment.stack, stack))
    for logical, resource in renamed.items():
        for action, arn, context in calls(role.names, resource["Type"], logical, resource.get("Properties", {})):
            assert allowed(role.policies().values(), action, arn, **context), f"{logical}: {action} on {arn}"


def test_what_is_not_granted_is_listed_by_the_registry_and_for_properties_that_are_not_set(template: Template) -> None:
    for kind, reasons in NEEDLESS.items():
        assert needless(kind) <= registered(kind), kind
        for reason, actions in reasons.items():
            for logical, properties in template.of(kind).items():
                assert reason not in properties, f"{logical} has {reason}, which needs {actions}"


def test_nothing_is_granted_to_cloudformation_that_no_type_of_the_fullest_template_needs(chosen: Template) -> None:
    role = role_of(chosen.deployment)
    kinds = {resource["Type"] for resource in chosen.resources.values()}
    needed = {action.lower() for kind in kinds for action in registered(kind)}
    granted = {action for found in (functions, storage) for s in found(role.names) for action in s["Action"]}
    assert {action for action in granted if action.lower() not in needed} == set()


def test_each_right_that_is_taken_away_is_missed(chosen: Template) -> None:
    role = role_of(chosen.deployment)
    needed: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for logical, resource in chosen.resources.items():
        for action, arn, context in calls(role.names, resource["Type"], logical, resource.get("Properties", {})):
            needed.setdefault(action.lower(), []).append((arn, context))
    parts = [functions(role.names), storage(role.names), role_rights(role.names, role.boundary_arn)]
    for statement in (found for part in parts for found in part):
        for action in statement["Action"]:
            left = without(role.policies(), statement["Sid"], action).values()
            asked = needed[action.lower()]
            assert not all(allowed(left, action, arn, **context) for arn, context in asked), (statement["Sid"], action)


@pytest.mark.parametrize(
    ("logical", "longest", "name"),
    [  # as real CloudFormation named the parts of a stack: KensioSoftware/yulin, issue 1113
        ("RainlyticsLogsBucket8DF4", 63, "chineseboostanalyticsstac-rainlyticslogsbucket8df4-hdst4ohfvdif"),
        ("RainlyticsSummariesJobFunctionRole", 64, "ChineseboostAnalyticsStac-RainlyticsSummariesJobFun-UjecjFhpdr1d"),
        (
            "RainlyticsSummariesJobLogs1C6CB09C",
            512,
            "ChineseboostAnalyticsStack-RainlyticsSummariesJobLogs1C6CB09C-UJ5n2NwuSPZB",
        ),
    ],
)
def test_names_are_known_as_far_as_cloudformation_keeps_to_them(logical: str, longest: int, name: str) -> None:
    pattern = generated("ChineseboostAnalyticsStack", logical, longest)
    assert matches(pattern.lower() if name.islower() else pattern, name)
    assert not matches(pattern, name.replace("Rainlytics", "Other"))
