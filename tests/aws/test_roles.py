"""What each role may do: what no emulator checks, and the bounds of what tests/aws/test_iam.py takes away."""

import re
from typing import Any

import pytest

from serving.report import KEY
from tests.aws.template import BUCKET, Template

ROLES = {"ApiRole": "ApiLogGroup", "WorkerRole": "WorkerLogGroup", "DeadLettersRole": "DeadLettersLogGroup"}


def test_each_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in template.of("AWS::Lambda::Function").values()]
    assert sorted(roles) == sorted(ROLES) == sorted(template.of("AWS::IAM::Role"))
    for role in roles:
        (trust,) = template[role]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_names_its_actions_and_its_resources(template: Template, role: str) -> None:
    for sid, statement in template.statements(role).items():
        actions = _as_list(statement["Action"])
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions), sid
        for resource in _as_list(statement["Resource"]):
            assert "Fn::GetAtt" in resource or resource["Fn::Sub"].startswith(("${PayloadBucket.Arn}/", "arn:")), sid


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reaches_beyond_its_own_service_and_stage(template: Template, role: str) -> None:
    deployment = template.deployment
    models = "arn:${AWS::Partition}:s3:::" + BUCKET
    pointer = f"{models}/pointers/{deployment.service}/{deployment.stage}.json"
    outside = {
        resource["Fn::Sub"]
        for statement in template.statements(role).values()
        for resource in _as_list(statement["Resource"])
        if resource.get("Fn::Sub", "").startswith("arn:")
    }
    assert outside <= {models, pointer, f"{models}/models/*", f"{models}/models/*/manifest.json"}


@pytest.mark.parametrize(("role", "group"), ROLES.items())
def test_a_role_writes_to_the_log_group_of_its_function_alone(template: Template, role: str, group: str) -> None:
    # What Lambda needs to log; groups are made by the stack, so that none comes back without a retention.
    statement = template.statements(role)["WriteLogs"]
    assert sorted(statement["Action"]) == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": [group, "Arn"]}


@pytest.mark.parametrize(
    ("role", "sid", "queue"),
    [("WorkerRole", "ReceiveWork", "Queue"), ("DeadLettersRole", "ReceiveDeadLetters", "DeadLetterQueue")],
)
def test_a_trigger_may_what_aws_documents_that_it_needs(template: Template, role: str, sid: str, queue: str) -> None:
    statement = template.statements(role)[sid]
    assert sorted(statement["Action"]) == ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}


@pytest.mark.parametrize("role", ROLES)
def test_who_reads_a_bucket_is_told_what_is_missing_there_and_nobody_else(template: Template, role: str) -> None:
    # Without s3:ListBucket S3 answers 403 for a missing object, which reads as an outage: tried again for ever.
    buckets: dict[str, set[str]] = {"s3:GetObject": set(), "s3:ListBucket": set()}
    for statement in template.statements(role).values():
        for action in set(_as_list(statement["Action"])) & set(buckets):
            for resource in _as_list(statement["Resource"]):
                name = resource["Fn::GetAtt"][0] if "Fn::GetAtt" in resource else resource["Fn::Sub"].partition("/")[0]
                buckets[action].add(name.removeprefix("${").removesuffix(".Arn}"))
    assert buckets["s3:GetObject"] == buckets["s3:ListBucket"] != set()


def test_the_model_can_not_replace_keys_with_the_workers_role(template: Template) -> None:
    statement = template.statements("WorkerRole")["LeaveKeysAlone"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {
        "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["signing-keys", "api-keys", "claim-*"]}
    }
    granted = [s["Action"] for s in template.statements("WorkerRole").values() if s["Effect"] == "Allow"]
    on_tables = {action for actions in granted for action in _as_list(actions) if action.startswith("dynamodb:")}
    assert on_tables == {"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:BatchGetItem"}


def test_the_worker_reads_no_row_but_its_own_report(template: Template) -> None:
    statements = template.statements("WorkerRole")
    reading = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"}
    on_table = [s for s in statements.values() if s["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}]
    (statement,) = [s for s in on_table if reading & set(_as_list(s["Action"]))]
    assert statement is statements["CompareReport"]
    assert statement["Action"] == "dynamodb:GetItem"
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [KEY]}}


def test_the_api_erases_every_copy_of_an_input_and_reads_none(template: Template) -> None:
    folders: dict[str, set[str]] = {"s3:GetObject": set(), "s3:DeleteObject": set(), "s3:PutObject": set()}
    for statement in template.statements("ApiRole").values():
        for action in set(_as_list(statement["Action"])) & set(folders):
            resources = [resource.get("Fn::Sub", "") for resource in _as_list(statement["Resource"])]
            folders[action] |= {r.partition("/")[2] for r in resources if r.startswith("${PayloadBucket.Arn}")}
    assert folders == {
        "s3:GetObject": {"results/*"},
        "s3:DeleteObject": {"results/*", "messages/*", "dead/*"},
        "s3:PutObject": {"messages/*"},
    }


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
