"""Who a job of GitHub Actions says it is: its token's subject, and the trust policy that takes no other.

The subject has two shapes: `repo:OWNER/REPO:…`, and for repositories that were made, renamed or transferred after
15 July 2026, or have asked for it, `repo:OWNER@OWNER_ID/REPO@REPO_ID:…`, which no later owner of the name can have
(https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims).
"""

import re
from collections.abc import Mapping
from typing import Any

from commands.github.repository import Repository
from serving.errors import SettingsError

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""What aws-actions/configure-aws-credentials asks its token for."""
_IDS = re.compile(r"([1-9]\d*)/([1-9]\d*)")
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[/.-]|[/.]$|\.lock$")
"""What git refuses in a branch's name; wildcards are among it."""


def prefix(repository: Repository, ids: tuple[int, int] | None) -> str:
    """The subject's beginning; `ids` are those of owner and repository, None where tokens carry none."""
    if ids is None:
        return f"repo:{repository}"
    return f"repo:{repository.owner}@{ids[0]}/{repository.name}@{ids[1]}"


def parse_ids(text: str) -> tuple[int, int]:
    """From OWNER_ID/REPO_ID. Raises SettingsError."""
    found = _IDS.fullmatch(text)
    if found is None:
        raise SettingsError(f"--ids is {text!r}: write it as OWNER_ID/REPO_ID, two numbers such as 583231/1296269.")
    return int(found[1]), int(found[2])


def context(branch: str | None, environment: str | None) -> str:
    """The subject's end: a branch, or an environment, which hides the branch. Raises SettingsError for wildcards."""
    if environment is not None:
        if branch is not None:
            raise SettingsError("--branch and --environment exclude each other: a job's token names one of them.")
        if not environment.strip() or re.search(r"[\x00-\x1f*?]", environment):
            raise SettingsError(f"--environment is {environment!r}: name one environment, without wildcards.")
        return f"environment:{environment.replace(':', '%3A')}"  # as GitHub writes it
    branch = "main" if branch is None else branch
    if not branch or branch.startswith("refs/") or _NO_BRANCH.search(branch):
        raise SettingsError(f"--branch is {branch!r}: name one branch, without wildcards and without refs/heads/.")
    return f"ref:refs/heads/{branch}"


def trust(provider: str | Mapping[str, Any], subject: str) -> Mapping[str, Any]:
    """The role's trust policy: tokens of this very subject, made for AWS.

    `provider` is the issuer's ARN in IAM, or what CloudFormation makes of it.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DeployFromGitHub",
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
            }
        ],
    }
