"""The boundary lets the Lambdas' roles do what they do, no more, and whoever deploys does not get past it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from commands.deployment import Deployment
from commands.github.making import changes
from commands.github.names import ROLES
from commands.github.policy import LARGEST, compact, document, size
from commands.github.role import Role
from serving.errors import SettingsError
from tests.aws.emulator import Emulator, running_emulator
from tests.aws.iam_rules import allowed, as_list, matches, statements_of
from tests.aws.roles import ACCOUNT, role_of
from tests.aws.template import Template, packaged
from tests.aws.test_stack_rights import made_up
from tests.aws.tokens import session, taken, token

ARN = f"arn:aws:iam::{ACCOUNT}:policy/iris-dev-boundary"
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
MINE = f"arn:aws:iam::{ACCOUNT}:role/iris-dev-ApiRole-hdst4ohfvdif"
ALL = document([{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}])


@pytest.fixture
def role(template: Template) -> Role:
    return role_of(template.deployment)


@pytest.fixture(scope="module")
def iris(plain: Template) -> Role:
    return role_of(plain.deployment)


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return packaged(tmp_path_factory.mktemp("bounded"), service="iris", permissions_boundary=ARN)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, iris: Role) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("boundary")) as started:
        for change in changes(started.client("iam"), iris):
            change.take()
        yield started


@pytest.fixture(scope="module")
def job(emulator: Emulator, iris: Role) -> boto3.Session:
    return session(taken(emulator, iris.name, token(iris.subject)))


def resolved(template: Template, role: Role, resource: Any) -> str:
    """A Resource of resources/roles.yml as AWS sees it."""
    names, stack = role.names, role.names.stack
    buckets = {"PayloadBucket": names.s3(made_up(stack, "PayloadBucket", 63).lower())}
    arns = {
        **buckets,
        **{queue: names.arn("sqs", made_up(stack, queue, 80)) for queue in ("Queue", "DeadLetterQueue")},
        **{table: names.arn("dynamodb", f"table/{made_up(stack, table, 255)}") for table in ("Table", "FeaturesTable")},
        **{
            group: f"{names.arn('logs', 'log-group:' + found['LogGroupName'])}:*"
            for group, found in template.of("AWS::Logs::LogGroup").items()
        },
    }
    if "Fn::GetAtt" in resource:
        return arns[resource["Fn::GetAtt"][0]]
    text = str(resource["Fn::Sub"]).replace("${AWS::Partition}", "aws")
    return text.replace("${PayloadBucket.Arn}", buckets["PayloadBucket"])


def granted(template: Template, role: Role) -> set[tuple[str, str]]:
    """Every action with every resource that resources/roles.yml allows."""
    return {
        (action, resolved(template, role, resource))
        for name in ROLES
        for statement in template.statements(name).values()
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def test_the_boundary_allows_all_that_the_roles_are_given(template: Template, role: Role) -> None:
    for action, resource in granted(template, role):
        assert allowed([role.boundary()], action, resource, aws_ResourceAccount=ACCOUNT), f"{action} on {resource}"


def test_the_boundary_allows_nothing_that_no_role_is_given(template: Template, role: Role) -> None:
    needed = granted(template, role)
    for statement in role.boundary()["Statement"]:
        for action in statement["Action"]:
            for pattern in as_list(statement["Resource"]):
                assert pattern != "*"
                of_kind = [r for a, r in needed if a.partition(":")[0] == action.partition(":")[0]]
                assert action in {a for a, _ in needed}
                assert any(matches(pattern, r) or matches(r, pattern) for r in of_kind), f"{action} on {pattern}"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", MINE),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/iris-dev-ci"),
        ("s3:PutObject", "arn:aws:s3:::the-models/models/v1/model.pkl"),
        ("s3:GetObject", "arn:aws:s3:::the-models/pointers/iris/prod.json"),
        ("dynamodb:Scan", f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/iris-dev-Table-x"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/iris-prod-Table-x"),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{ACCOUNT}:wine-dev-Queue-x"),
    ],
)
def test_a_role_of_the_lambdas_never_gets_further(iris: Role, action: str, resource: str) -> None:
    assert not allowed([iris.boundary()], action, resource, aws_ResourceAccount=ACCOUNT)


def test_a_boundary_is_on_every_role_where_one_is_set_and_on_none_else(bounded: Template, plain: Template) -> None:
    for name in ROLES:
        assert bounded[name]["PermissionsBoundary"] == ARN
        assert plain[name]["PermissionsBoundary"] == {"Ref": "AWS::NoValue"}
    assert set(bounded.of("AWS::IAM::Role")) == set(ROLES)


@pytest.mark.parametrize("given", ["iris-dev-boundary", "arn:aws:iam::1:policy/x", ARN.replace("policy", "role")])
def test_a_boundary_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="PERMISSIONS_BOUNDARY"):
        Deployment.read({"PERMISSIONS_BOUNDARY": given}, backend="aws")


def test_an_empty_variable_is_no_boundary() -> None:
    assert Deployment.read({"PERMISSIONS_BOUNDARY": ""}, backend="aws").permissions_boundary is None


@pytest.mark.parametrize("action", ["CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"])
def test_roles_are_made_under_the_boundary_and_under_no_other(iris: Role, action: str) -> None:
    # AWS checks it; the emulator does not know the condition's key, and denies whoever needs it.
    policies = iris.policies().values()
    assert allowed(policies, f"iam:{action}", MINE, iam_PermissionsBoundary=ARN)
    assert not allowed(policies, f"iam:{action}", MINE)
    for other in ("arn:aws:iam::aws:policy/AdministratorAccess", ARN + "2", ARN.replace("iris", "wine")):
        assert not allowed(policies, f"iam:{action}", MINE, iam_PermissionsBoundary=other)
    for foreign in (iris.arn, MINE.replace("iris-dev", "iris-prod"), f"arn:aws:iam::{ACCOUNT}:role/Admin"):
        assert not allowed(policies, f"iam:{action}", foreign, iam_PermissionsBoundary=ARN)


def test_roles_are_given_to_lambda_alone_and_no_others_are(iris: Role) -> None:
    policies = iris.policies().values()
    assert allowed(policies, "iam:PassRole", MINE, iam_PassedToService="lambda.amazonaws.com")
    assert not allowed(policies, "iam:PassRole", MINE, iam_PassedToService="ec2.amazonaws.com")
    assert not allowed(policies, "iam:PassRole", iris.arn, iam_PassedToService="lambda.amazonaws.com")


def test_nothing_lets_go_of_a_boundary_or_touches_policies_users_and_providers(iris: Role) -> None:
    actions = {action for found in statements_of(iris.policies().values()).values() for action in found["Action"]}
    assert {action for action in actions if action.startswith("iam:")} == {
        *(f"iam:{verb}Role" for verb in ("Create", "Get", "Update", "Tag", "Untag", "Delete", "Pass")),
        *("iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies"),
        *("iam:ListAttachedRolePolicies", "iam:UpdateRoleDescription", "iam:UpdateAssumeRolePolicy"),
        "iam:PutRolePermissionsBoundary",
    }
    assert not {action for action in actions if "*" in action or action.startswith("sts:")}


def test_what_would_lead_past_it_is_denied(emulator: Emulator, job: boto3.Session, iris: Role) -> None:
    iam, root = job.client("iam", endpoint_url=emulator.url), emulator.client("iam")
    name = MINE.rpartition("/")[2]
    trust, everything = compact(document([LAMBDA])), compact(ALL)
    root.create_role(RoleName=name, AssumeRolePolicyDocument=trust, PermissionsBoundary=ARN)
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    attempts: dict[str, dict[str, str]] = {
        "create_role": {"RoleName": "iris-dev-WorkerRole-x", "AssumeRolePolicyDocument": trust},
        "put_role_policy": {"RoleName": iris.name, "PolicyName": "own", "PolicyDocument": everything},
        "attach_role_policy": {"RoleName": name, "PolicyArn": admin},
        "delete_role_permissions_boundary": {"RoleName": name},
        "put_role_permissions_boundary": {"RoleName": name, "PermissionsBoundary": admin},
        "create_policy_version": {"PolicyArn": ARN, "PolicyDocument": everything},
        "create_policy": {"PolicyName": "iris-dev-mine", "PolicyDocument": everything},
        "update_assume_role_policy": {"RoleName": iris.name, "PolicyDocument": trust},
        "create_user": {"UserName": "iris-dev-me"},
        "create_open_id_connect_provider": {"Url": "https://gitlab.com"},
    }
    for operation, parameters in attempts.items():
        with pytest.raises(ClientError, match="AccessDenied"):
            print(operation, getattr(iam, operation)(**parameters))
    root.delete_role(RoleName=name)


def test_the_role_can_not_reach_other_stages(iris: Role) -> None:
    for resource in (
        found for s in statements_of(iris.policies().values()).values() for found in as_list(s["Resource"])
    ):
        assert (
            resource == "*"
            or "iris-dev" in resource
            or "the-models" in resource
            or "::/" in resource
            or (resource.endswith(":event-source-mapping:*"))
        )


def test_what_is_granted_on_everything_is_listed_here(iris: Role) -> None:
    everywhere = {
        sid: found["Action"]
        for sid, found in statements_of(iris.policies().values()).items()
        if found["Resource"] == "*"
    }
    assert everywhere == {
        "ValidateTemplate": ["cloudformation:ValidateTemplate"],
        "CountErrors": ["cloudwatch:GetMetricStatistics"],
        "MakeTriggers": ["lambda:CreateEventSourceMapping"],  # under a condition: for the stage's functions
        "FindLogGroups": [*("logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:DescribeIndexPolicies")],
        "FindAlarms": ["cloudwatch:DescribeAlarms"],
    }


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-2"])
def test_policies_fit_iam_with_the_longest_names(chosen: Template, region: str) -> None:
    longest = role_of(
        chosen.deployment,
        partition="aws-us-gov",
        region=region,
        stack=f"{'s' * 40}-{'t' * 10}",
        service="s" * 40,
        stage="t" * 10,
        bucket="b" * 63,
    )
    assert len(longest.name) <= 64
    for found in (longest.boundary(), *longest.policies().values()):
        assert size(found) <= LARGEST
    assert len(json.dumps(longest.template())) < 51_200  # what CloudFormation takes as a file
