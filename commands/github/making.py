"""Makes the role and all it stands on in IAM, or changes what is there until it is so: twice is as good as once."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from commands.aws.account import aws_errors
from commands.github.policy import compact
from commands.github.role import Role
from commands.github.subject import AUDIENCE, ISSUER
from serving.aws.faults import code_of

VERSIONS = 5
"""Of a managed policy, at most."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One step that is still to be taken, and how it is told."""

    what: str
    call: Callable[[], object]

    def take(self) -> None:
        """Raises ServingError."""
        with aws_errors():
            self.call()


def changes(iam: Any, role: Role) -> list[Change]:
    """What differs from what is there, in the order in which it must be taken; empty when nothing does.

    `iam` is a client of boto3. Raises ServingError for what AWS refuses.
    """
    with aws_errors():
        policies = {role.boundary_name: role.boundary(), **role.policies()}
        return [
            *_provider(iam, role),
            *(change for name, found in policies.items() for change in _policy(iam, role, name, found)),
            *_role(iam, role),
        ]


def _provider(iam: Any, role: Role) -> Iterator[Change]:
    """The account's one: it may be there for other repositories, and then stays as it is."""
    with _unless_there():
        there = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=role.provider)
        if AUDIENCE not in there["ClientIDList"]:
            yield Change(
                what=f"add the audience {AUDIENCE} to the provider {ISSUER}",
                call=lambda: iam.add_client_id_to_open_id_connect_provider(
                    OpenIDConnectProviderArn=role.provider, ClientID=AUDIENCE
                ),
            )
        return
    yield Change(
        what=f"make the provider {ISSUER}",
        call=lambda: iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE]),
    )


def _policy(iam: Any, role: Role, name: str, wanted: Mapping[str, Any]) -> Iterator[Change]:
    arn, text = role.names.iam(f"policy/{name}"), compact(wanted)
    with _unless_there():
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        if iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"] != wanted:
            yield Change(what=f"change the policy {name}", call=lambda: _new_version(iam, arn, text))
        return
    yield Change(what=f"make the policy {name}", call=lambda: iam.create_policy(PolicyName=name, PolicyDocument=text))


def _new_version(iam: Any, arn: str, text: str) -> None:
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= VERSIONS:
        others = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(others, key=lambda version: int(version["VersionId"].removeprefix("v")))
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _role(iam: Any, role: Role) -> Iterator[Change]:
    trust = role.trust()
    attached: set[str] = set()
    with _unless_there():
        there = iam.get_role(RoleName=role.name)["Role"]
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role.name)
        attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
        if there["AssumeRolePolicyDocument"] != trust:
            yield Change(
                what=f"let {role.subject} take the role {role.name}, and nobody else",
                call=lambda: iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=compact(trust)),
            )
        yield from _attachments(iam, role, attached)
        return
    yield Change(
        what=f"make the role {role.name}, which {role.subject} may take",
        call=lambda: iam.create_role(
            RoleName=role.name, AssumeRolePolicyDocument=compact(trust), Description=role.description
        ),
    )
    yield from _attachments(iam, role, attached)


def _attachments(iam: Any, role: Role, attached: set[str]) -> Iterator[Change]:
    """Ours alone: what somebody else has attached stays."""
    wanted = {role.names.iam(f"policy/{name}"): name for name in role.policies()}
    for arn, name in wanted.items():
        if arn not in attached:
            yield Change(
                what=f"attach {name} to {role.name}",
                call=lambda arn=arn: iam.attach_role_policy(RoleName=role.name, PolicyArn=arn),  # type: ignore[misc]
            )
    for arn in sorted(attached - set(wanted)):
        if arn.startswith(role.names.iam(f"policy/{role.name}-")):
            yield Change(
                what=f"detach {arn.rpartition('/')[2]}, which is needed no longer",
                call=lambda arn=arn: iam.detach_role_policy(RoleName=role.name, PolicyArn=arn),  # type: ignore[misc]
            )


@contextmanager
def _unless_there() -> Iterator[None]:
    """What is missing is no error: the block ends, and what makes it comes next."""
    try:
        yield
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
