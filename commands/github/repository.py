"""A repository on GitHub, by its name or by the address that git knows it under."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from serving.errors import SettingsError

_NAME = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]*)/(?P<name>[A-Za-z0-9._-]+)")
_REMOTE = re.compile(
    r"(?:(?:https?|git|ssh)://(?:[^@/]+@)?github\.com(?::\d+)?/|(?:[^@/]+@)?github\.com:/?)(?P<path>.+?)(?:\.git)?/?",
    re.IGNORECASE,
)
GIVE_IT = "name it with --repository OWNER/REPO"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Its owner and its name, without ids."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Repository":
        """From OWNER/REPO. Raises SettingsError for what GitHub would take for no name, such as a wildcard."""
        found = _NAME.fullmatch(text)
        if found is None or found["name"] in {".", ".."}:
            raise SettingsError(f"--repository is {text!r}: write it as OWNER/REPO, such as octocat/flowers.")
        return cls(owner=found["owner"], name=found["name"])

    @classmethod
    def of_remote(cls, url: str) -> "Repository":
        """From a remote's address, by https or ssh. Raises SettingsError where it is not on github.com."""
        found = _REMOTE.fullmatch(url.strip())
        named = _NAME.fullmatch(found["path"]) if found else None
        if named is None:
            shown = re.sub(r"//[^@/]+@", "//", url.strip())  # an address may carry a token
            raise SettingsError(f"The remote origin, {shown}, is no repository on github.com: {GIVE_IT}.")
        return cls(owner=named["owner"], name=named["name"])

    @classmethod
    def of_checkout(cls, folder: Path) -> "Repository":
        """The remote origin of the checkout that the folder is in. Raises SettingsError."""
        url = _git(folder, "remote", "get-url", "origin")
        if not url:
            raise SettingsError(f"No remote origin tells which repository this is: {GIVE_IT}.")
        return cls.of_remote(url)


def folder_in_checkout(folder: Path) -> str:
    """As the repository knows it; empty for its root, and outside of one."""
    return _git(folder, "rev-parse", "--show-prefix").strip().rstrip("/")


def _git(folder: Path, *arguments: str) -> str:
    """What git says; nothing where it has nothing to say, or is not there."""
    command = ["git", *arguments]
    try:
        asked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return "" if asked.returncode else asked.stdout
