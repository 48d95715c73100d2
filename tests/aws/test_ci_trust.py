"""Who may take the role: jobs of one repository, on one branch or in one environment, and nobody like them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from commands.deployment import Deployment
from commands.github.making import changes
from commands.github.repository import Repository
from commands.github.role import Role
from commands.github.subject import ISSUER, context, prefix
from tests.aws.emulator import Emulator, running_emulator
from tests.aws.roles import role_of
from tests.aws.tokens import session, taken, token

REPOSITORY = Repository(owner="octocat", name="flowers")
IDS = (583231, 1296269)
SHAPES = {"with-ids": prefix(REPOSITORY, IDS), "without-ids": prefix(REPOSITORY, None)}
ENDS = {"branch": context("main", None), "environment": context(None, "prod: eu")}
STRANGERS = {
    "another branch": "{prefix}:ref:refs/heads/main2",
    "a branch below": "{prefix}:ref:refs/heads/main/x",
    "a tag of the branch's name": "{prefix}:ref:refs/tags/main",
    "a pull request": "{prefix}:pull_request",
    "another environment": "{prefix}:environment:prod",
    "an environment named like a branch": "{prefix}:environment:refs/heads/main",
    "another repository": "repo:octocat/flowers2:{end}",
    "another repository, with ids": "repo:octocat@583231/flowers2@1296270:{end}",
    "another owner": "repo:octocat2/flowers:{end}",
    "a later owner of the name": "repo:octocat@99/flowers@1296269:{end}",
    "a later repository of the name": "repo:octocat@583231/flowers@99:{end}",
    "another case": "repo:Octocat/flowers:{end}",
    "a wildcard": "{prefix}:*",
    "nobody": "",
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("trust")) as started:
        yield started


def made(emulator: Emulator, shape: str, end: str) -> Role:
    """The role of a stage of its own, as --make makes it."""
    stage = f"{shape}-{end}"[:20]
    role = role_of(Deployment.read({}, backend="aws", service="iris", stage=stage))
    role = replace(role, subject=f"{SHAPES[shape]}:{ENDS[end]}")
    for change in changes(emulator.client("iam"), role):
        change.take()
    return role


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_only_this_repository_takes_the_role(emulator: Emulator, shape: str, end: str) -> None:
    role = made(emulator, shape, end)
    keys = taken(emulator, role.name, token(role.subject))
    who = session(keys).client("sts", endpoint_url=emulator.url).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::000000000000:assumed-role/{role.name}/github"
    others = {name: text.format(prefix=SHAPES[shape], end=ENDS[end]) for name, text in STRANGERS.items()}
    others |= {f"the shape {name}": f"{found}:{ENDS[end]}" for name, found in SHAPES.items() if name != shape}
    others |= {f"the {name}": f"{SHAPES[shape]}:{found}" for name, found in ENDS.items() if name != end}
    for name, subject in others.items():
        assert subject != role.subject
        with pytest.raises(ClientError, match="AccessDenied"):
            print(name, taken(emulator, role.name, token(subject)))


def test_a_token_for_somebody_else_or_of_somebody_else_is_refused(emulator: Emulator) -> None:
    role = made(emulator, "with-ids", "branch")
    for shown in (
        token(role.subject, audience="https://github.com/octocat"),
        token(role.subject, issuer="https://token.actions.githubusercontent.com.evil.example"),
        token(role.subject, issuer="https://gitlab.com"),
        "no token",
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            taken(emulator, role.name, shown)


def test_the_policy_names_audience_and_subject_exactly_and_nothing_besides(emulator: Emulator) -> None:
    role = made(emulator, "with-ids", "environment")
    trust = emulator.client("iam").get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]
    assert trust == role.trust()
    (statement,) = trust["Statement"]
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::000000000000:oidc-provider/{ISSUER}"}
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": "repo:octocat@583231/flowers@1296269:environment:prod%3A eu",
        }
    }
    assert "*" not in str(statement)
