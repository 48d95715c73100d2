"""cli setup-ci --make and --template on an account of AWS: made once, changed when it must be, left alone else."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from commands.aws.account import Account
from commands.aws.stored import deployment_on_aws
from commands.deployment import Deployment
from commands.github.making import VERSIONS, changes
from commands.github.policy import compact, document
from commands.github.role import Role
from commands.github.setup import names_of
from commands.github.subject import AUDIENCE, ISSUER
from tests.aws.emulator import Emulator, running_emulator
from tests.aws.roles import ACCOUNT, SUBJECT, role_of
from tests.aws.template import Template
from tests.aws.test_rules import LINT
from tests.aws.tokens import session, taken, token
from tests.running import cli, run

WHO = ("setup-ci", "--repository", "octocat/flowers", "--ids", "583231/1296269")


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """An account with nothing in it."""
    with running_emulator(tmp_path) as started:
        yield started


@pytest.fixture
def role(plain: Template) -> Role:
    return role_of(plain.deployment, bucket=f"iris-models-{ACCOUNT}-eu-central-1")


def setup(emulator: Emulator, *options: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **emulator.environment, "SERVICE": "iris"}
    return cli(*WHO, *options, env=environment, check=check)


def told(emulator: Emulator, *options: str) -> Any:
    return json.loads(setup(emulator, *options, "--make", "--yes", "--json").stdout)["made"]


def state(emulator: Emulator, role: Role) -> dict[str, Any]:
    """What IAM holds of it."""
    iam = emulator.client("iam")
    attached = iam.list_attached_role_policies(RoleName=role.name)["AttachedPolicies"]
    found: dict[str, Any] = {
        "trust": iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"],
        "attached": sorted(policy["PolicyName"] for policy in attached),
        "audiences": iam.get_open_id_connect_provider(OpenIDConnectProviderArn=role.provider)["ClientIDList"],
    }
    for name in (role.boundary_name, *role.policies()):
        arn = role.names.iam(f"policy/{name}")
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found[name] = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return found


def wanted(role: Role) -> dict[str, Any]:
    return {
        "trust": role.trust(),
        "attached": sorted(role.policies()),
        "audiences": [AUDIENCE],
        role.boundary_name: role.boundary(),
        **role.policies(),
    }


def test_it_is_made_once_and_again_changes_nothing(emulator: Emulator, role: Role) -> None:
    first = setup(emulator, "--make", "--yes")
    assert state(emulator, role) == wanted(role)
    assert f"make the provider {ISSUER}" in first.stderr
    assert f"make the role iris-dev-ci, which {SUBJECT} may take" in first.stderr
    assert f"arn:aws:iam::{ACCOUNT}:role/iris-dev-ci" in first.stdout
    assert '"Statement"' not in first.stdout, "who makes it need not read it"
    again = setup(emulator, "--make")  # nothing to ask
    assert f"iris-dev-ci is in account {ACCOUNT} as it should be." in again.stderr
    assert again.stdout == first.stdout
    assert told(emulator) == []


def test_what_differs_is_changed_and_said_and_nothing_else(emulator: Emulator, role: Role) -> None:
    setup(emulator, "--make", "--yes")
    assert told(emulator, "--branch", "release") == [
        "let repo:octocat@583231/flowers@1296269:ref:refs/heads/release take the role iris-dev-ci, and nobody else"
    ]
    iam = emulator.client("iam")
    arn = role.names.iam("policy/iris-dev-ci-functions")
    more = compact(document([{"Sid": "More", "Effect": "Allow", "Action": "*", "Resource": "*"}]))
    for _ in range(VERSIONS - 1):  # as many as IAM keeps
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=more, SetAsDefault=True)
    iam.detach_role_policy(RoleName=role.name, PolicyArn=role.names.iam("policy/iris-dev-ci-storage"))
    for name in ("iris-dev-ci-old", "somebody-elses"):
        made = iam.create_policy(PolicyName=name, PolicyDocument=more)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=role.name, PolicyArn=made)
    assert told(emulator) == [
        "change the policy iris-dev-ci-functions",
        f"let {SUBJECT} take the role iris-dev-ci, and nobody else",
        "attach iris-dev-ci-storage to iris-dev-ci",
        "detach iris-dev-ci-old, which is needed no longer",
    ]
    assert state(emulator, role) == {**wanted(role), "attached": sorted([*role.policies(), "somebody-elses"])}
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == VERSIONS
    assert told(emulator) == []


def test_a_provider_that_is_there_is_used_and_stays_as_it_is(emulator: Emulator, role: Role) -> None:
    iam = emulator.client("iam")
    theirs = ["https://github.com/octo-org", AUDIENCE]
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=theirs, ThumbprintList=["f" * 40])
    assert not any("provider" in change for change in told(emulator))
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=role.provider)
    assert found["ClientIDList"] == theirs
    assert found["ThumbprintList"] == ["f" * 40]


def test_a_provider_for_others_alone_gets_the_audience_of_aws(emulator: Emulator, role: Role) -> None:
    # The emulator does not know the call that adds one: botocore checks it.
    iam = emulator.client("iam")
    there = {"Url": ISSUER, "ClientIDList": ["https://github.com/octo-org"]}
    with Stubber(iam) as stubbed:
        given = {"OpenIDConnectProviderArn": role.provider}
        stubbed.add_response("get_open_id_connect_provider", there, given)
        for _ in range(len(role.policies()) + 1):
            stubbed.add_client_error("get_policy", "NoSuchEntity")
        stubbed.add_client_error("get_role", "NoSuchEntity")
        first = changes(iam, role)[0]
        assert first.what == f"add the audience {AUDIENCE} to the provider {ISSUER}"
        stubbed.add_response("add_client_id_to_open_id_connect_provider", {}, {**given, "ClientID": AUDIENCE})
        first.take()
        stubbed.assert_no_pending_responses()


def test_it_asks_first_and_needs_credentials_that_may(emulator: Emulator) -> None:
    asked = setup(emulator, "--make", check=False)
    assert asked.returncode == 1
    assert "add --yes" in asked.stderr
    assert f"Do these 9 in account {ACCOUNT}?" in asked.stderr
    wrong = setup(emulator, "--make", "--yes", "--account", "123456789012", check=False)
    assert wrong.returncode == 1
    assert f"--account is 123456789012, and these credentials are of {ACCOUNT}." in wrong.stderr
    iam = emulator.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    poor = cli(*WHO, "--make", "--yes", env={**os.environ, **emulator.environment, **keys}, check=False)
    assert poor.returncode == 1
    assert "AWS denies GetOpenIDConnectProvider" in poor.stderr
    assert "Traceback" not in poor.stderr


def test_an_administrator_can_deploy_the_template_instead(emulator: Emulator, role: Role, tmp_path: Path) -> None:
    path = tmp_path / "ci.json"
    printed = setup(emulator, "--template", str(path)).stdout
    assert f"aws cloudformation deploy --template-file {path} --stack-name iris-dev-ci" in printed
    text = path.read_text()
    assert ACCOUNT not in text, "it is for any account"
    run(str(LINT), "--regions", "eu-central-1", "--", str(path))
    cloudformation = emulator.client("cloudformation")
    there = {"ParameterKey": "ProviderIs", "ParameterValue": "there"}
    emulator.client("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
    cloudformation.create_stack(
        StackName="iris-dev-ci", TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"], Parameters=[there]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="iris-dev-ci", WaiterConfig={"Delay": 1})
    assert state(emulator, role) == wanted(role)
    assert told(emulator) == [], "--make finds it as it should be"
    (stack,) = cloudformation.describe_stacks(StackName="iris-dev-ci")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs == {"AwsRoleArn": role.arn, "PermissionsBoundary": role.boundary_arn}
    keys = taken(emulator, role.name, token(SUBJECT))
    assert session(keys).client("sts", endpoint_url=emulator.url).get_caller_identity()["Account"] == ACCOUNT


def test_the_template_makes_the_provider_where_it_is_wanted(role: Role) -> None:
    template = role.template()
    assert template["Resources"]["Provider"]["Condition"] == "ProviderWanted"
    assert template["Parameters"]["ProviderIs"]["Default"] == "wanted"
    assert template["Resources"]["Provider"]["Properties"]["ClientIdList"] == [AUDIENCE]


@pytest.mark.parametrize("service", ["iris", "s" * 40])
def test_a_stage_without_a_bucket_is_given_the_one_that_deploy_would_make(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Account, "id", ACCOUNT)  # which it would ask AWS for
    (tmp_path / "service.toml").write_text(f'name = "{service}"\n')
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    deployed, account = deployment_on_aws(tmp_path, "dev")
    deployment = Deployment.read(project_dir=tmp_path, backend="aws", stage="dev")
    assert deployment.bucket is None
    assert deployed.bucket == f"{service[:28]}-models-{ACCOUNT}-eu-central-1"
    assert names_of(deployment, account, ACCOUNT).bucket == deployed.bucket
