"""What GitHub tells everybody of a repository: how its tokens name it. No token of ours is shown to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from commands.github.repository import Repository
from commands.github.subject import prefix
from serving.errors import SettingsError

API = "https://api.github.com"
CHANGED = date(2026, 7, 15)
"""Repositories that were made after this day have ids in their subjects; those of the day itself may have."""
_SECONDS = 10.0
_HIDDEN = {401, 403, 404}


@dataclass(frozen=True, kw_only=True)
class Known:
    """How a repository's tokens begin, and from what that is known; `private` is None where nobody told."""

    repository: Repository
    prefix: str
    source: str
    private: bool | None = None


def look_up(repository: Repository, api: str = API) -> Known:
    """Ask GitHub's API at this base address. Raises SettingsError, with what to do, when it does not tell."""
    try:
        with httpx.Client(base_url=api, timeout=_SECONDS, follow_redirects=True) as github:
            template = _asked(github, repository, "/actions/oidc/customization/sub")
            if template is not None and template.get("sub_claim_prefix"):
                return _of_template(repository, template)
            described = _asked(github, repository, "")
            if described is not None:
                return _of_description(repository, described)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(_unknown(repository, f"{api} does not tell ({error or type(error).__name__})")) from error
    raise SettingsError(_unknown(repository, f"{api} shows strangers no {repository}, so it is private or not there"))


def _asked(github: httpx.Client, repository: Repository, path: str) -> Mapping[str, Any] | None:
    """A JSON object; None for what is not shown to strangers."""
    answer = github.get(f"/repos/{repository}{path}", headers={"Accept": "application/vnd.github+json"})
    if answer.status_code in _HIDDEN and "rate limit" not in answer.text:
        return None
    found: Mapping[str, Any] = answer.raise_for_status().json()
    return found


def _of_template(repository: Repository, template: Mapping[str, Any]) -> Known:
    """From the subject's own settings, which say it outright."""
    keys = template.get("include_claim_keys")
    if template.get("use_default") is False and keys and list(keys) != ["repo", "context"]:
        raise SettingsError(
            f"The subject of {repository}'s tokens is made of {', '.join(map(str, keys))}: set it back to GitHub's "
            f"default, `gh api -X PUT repos/{repository}/actions/oidc/customization/sub -F use_default=true`."
        )
    begins = str(template["sub_claim_prefix"])
    found = re.fullmatch(r"repo:([\w-]+)(?:@\d+)?/([\w.-]+)(?:@\d+)?", begins, re.ASCII)
    if found is None or f"{found[1]}/{found[2]}".lower() != str(repository).lower():
        raise SettingsError(_unknown(repository, f"GitHub says that its tokens begin with {begins}"))
    return Known(
        repository=Repository(owner=found[1], name=found[2]), prefix=begins, source="GitHub tells the subject's prefix"
    )


def _of_description(asked: Repository, described: Mapping[str, Any]) -> Known:
    """From the day that it was made."""
    repository = Repository.parse(described["full_name"])
    made = datetime.fromisoformat(described["created_at"].replace("Z", "+00:00")).astimezone(UTC).date()
    if made == CHANGED:
        raise SettingsError(_unknown(repository, f"It was made on {made}, the very day on which GitHub changed that"))
    if made > CHANGED:
        ids, why = (int(described["owner"]["id"]), int(described["id"])), "so its tokens carry ids"
    elif str(repository).lower() != str(asked).lower():
        moved = f"{asked} is {repository} now, and a repository that moved may have changed its tokens"
        raise SettingsError(_unknown(repository, moved))
    else:
        ids, why = None, "so its tokens carry no ids, unless it was renamed, transferred or set so since"
    return Known(
        repository=repository,
        prefix=prefix(repository, ids),
        source=f"it was made on {made}, {why}",
        private=bool(described.get("private", False)),
    )


def _unknown(repository: Repository, why: str) -> str:
    return (
        f"Whether the tokens of {repository} carry ids is not known: {why}. See sub_claim_prefix in "
        f"`gh api repos/{repository}/actions/oidc/customization/sub`: for repo:{repository} give --without-ids, "
        f"for repo:{repository.owner}@1/{repository.name}@2 give --ids 1/2."
    )
