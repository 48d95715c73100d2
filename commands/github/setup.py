"""One repository, one stage, one role: read from options, settings, git and GitHub."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.aws.account import Account, aws_errors
from commands.aws.stored import models_bucket
from commands.deployment import Deployment
from commands.github.lookup import Known, look_up
from commands.github.names import Names
from commands.github.repository import Repository, folder_in_checkout
from commands.github.role import Role
from commands.github.settings_to_make import SettingsToMake
from commands.github.subject import context, parse_ids, prefix
from serving.errors import ServingError, SettingsError

UNKNOWN_ACCOUNT = "ACCOUNT_ID"
"""Stands for the number of the account where nobody tells it."""
UNBOUNDED = (
    "HTTP APIs: it may change every one of the region, since AWS makes up their ids;",
    "names of log groups, alarms and metrics: it may list those of the whole region;",
    "tables, functions, alarms and topics of another service whose name begins with this stack's and a hyphen.",
)
"""What the role reaches beyond the stage."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """All that the command tells or makes."""

    account: Account
    deployment: Deployment
    known: Known
    role: Role
    branch: str
    environment: str | None
    project: str  # its folder in the repository; empty for the root
    options: str  # as they were typed, for commands that are printed

    @classmethod
    def read(
        cls,
        *,
        repository: str | None,
        branch: str | None,
        environment: str | None,
        ids: str | None,
        without_ids: bool,
        stage: str | None,
        project: Path | None,
        account: str | None,
        signed_in: bool,
        api: str,
    ) -> "Setup":
        """`signed_in`: credentials are needed; else their account's number may be unknown. Raises SettingsError."""
        if account is not None and not (len(account) == 12 and account.isascii() and account.isdigit()):
            raise SettingsError(f"--account is {account!r}: an account's number has twelve digits.")
        deployment = Deployment.read(project_dir=project, stage=stage, backend="aws")
        where = context(branch, environment)
        asked = Repository.parse(repository) if repository else Repository.of_checkout(deployment.project_dir)
        opened = Account(deployment.aws_region)
        known = _known(asked, ids, without_ids, api)
        names = names_of(deployment, opened, _number(opened, account, signed_in))
        given = {
            "--repository": str(known.repository),
            "--branch": branch,
            "--environment": environment,
            "--stage": deployment.stage,
            "--project": str(project) if project else None,
            "--account": account,
            "--ids": ids,
        }
        typed = [part for name, value in given.items() if value is not None for part in (name, value)]
        return cls(
            account=opened,
            deployment=deployment,
            known=known,
            role=Role(names=names, subject=f"{known.prefix}:{where}"),
            branch=branch or "main",
            environment=environment,
            project=folder_in_checkout(deployment.project_dir),
            options=shlex.join([*typed, *(["--without-ids"] if without_ids else [])]),
        )

    @property
    def repository(self) -> Repository:
        return self.known.repository

    @property
    def source(self) -> str:
        """From what the subject's shape is known."""
        return self.known.source

    @property
    def nobody_signed_in(self) -> bool:
        """Whether the account's number is unknown."""
        return self.role.names.account == UNKNOWN_ACCOUNT

    @property
    def settings(self) -> SettingsToMake:
        """What is to be set on GitHub."""
        return SettingsToMake(
            repository=self.repository,
            role=self.role,
            branch=self.branch,
            environment=self.environment,
            project=self.project,
            private=self.known.private,
        )

    def iam(self) -> Any:
        """A client of IAM with the credentials that are set."""
        return self.account.client("iam")

    def again(self, option: str) -> str:
        """This very command, with another option."""
        return f"cli setup-ci {self.options} {option}"

    def deploy_template(self, path: Path) -> str:
        """How an administrator makes all of it by AWS's own command line tool."""
        options = f"--stack-name {self.role.name} --region {self.role.names.region}"
        return (
            f"aws cloudformation deploy --template-file {shlex.quote(str(path))} {options} "
            "--capabilities CAPABILITY_NAMED_IAM"
        )

    def told(self) -> Mapping[str, Any]:
        """As JSON."""
        role = self.role
        return {
            "repository": str(self.repository),
            "subject": role.subject,
            "subject_known_from": self.source,
            "account": None if self.nobody_signed_in else role.names.account,
            "region": role.names.region,
            "stack": role.names.stack,
            "provider": role.provider,
            "role": {"name": role.name, "arn": role.arn, "trust": role.trust(), "policies": role.policies()},
            "boundary": {"name": role.boundary_name, "arn": role.boundary_arn, "policy": role.boundary()},
            "unbounded": UNBOUNDED,
            "template": role.template(),
            "github": self.settings.told(),
        }


def _known(repository: Repository, ids: str | None, without_ids: bool, api: str) -> Known:
    if ids is not None and without_ids:
        raise SettingsError("--ids and --without-ids exclude each other.")
    if ids is not None:
        return Known(repository=repository, prefix=prefix(repository, parse_ids(ids)), source="--ids says so")
    if without_ids:
        return Known(repository=repository, prefix=prefix(repository, None), source="--without-ids says so")
    return look_up(repository, api)


def _number(account: Account, given: str | None, signed_in: bool) -> str:
    """Of the account: the one that is given, else that of the credentials."""
    if given is not None and not signed_in:
        return given
    try:
        found = account.id
    except ServingError:
        if signed_in:
            raise
        return UNKNOWN_ACCOUNT
    if given not in {None, found}:
        raise SettingsError(f"--account is {given}, and these credentials are of {found}.")
    return found


def names_of(deployment: Deployment, account: Account, number: str) -> Names:
    """A stage's, in the account of this number; the model bucket is the one that `cli deploy` would make."""
    with aws_errors():
        partition = account.session.get_partition_for_region(account.region)
    bucket = (deployment.bucket or "").removeprefix("s3://").strip("/")
    return Names(
        partition=partition,
        account=number,
        region=account.region,
        stack=deployment.stack,
        service=deployment.service,
        stage=deployment.stage,
        bucket=bucket or models_bucket(deployment.service, number, account.region),
    )
