"""What poetry.lock says that a Lambda carries, as a requirement list with hashes."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from commands.packaging.target import Target
from serving.declared import OURS

Lambda = Literal["api", "worker"]
"""The name of a zip, and of its dependency group in pyproject.toml."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """One distribution at one version, with the hashes of its files."""

    name: str
    version: str
    hashes: Sequence[str]

    @property
    def line(self) -> str:
        return " \\\n    ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


def locked(group: Lambda, target: Target) -> Mapping[str, Locked]:
    """The group's distributions on the target, by name."""
    found = {}
    for package in _read("poetry.lock")["package"]:
        if group not in package["groups"]:
            continue
        marker = package.get("markers")
        if isinstance(marker, dict):  # one for each group
            marker = marker.get(group)
        if target.fits(marker):
            hashes = sorted({file["hash"] for file in package["files"]})
            found[package["name"]] = Locked(name=package["name"], version=package["version"], hashes=hashes)
    return found


def requirements(group: Lambda) -> Sequence[str]:
    """What pyproject.toml asks for, before anything is pinned."""
    names: Sequence[str] = _read("pyproject.toml")["dependency-groups"][group]
    return names


def requirement_list(distributions: Mapping[str, Locked]) -> str:
    """As pip and uv read it; they take only files with one of these hashes."""
    return "".join(distributions[name].line + "\n" for name in sorted(distributions))


def _read(name: str) -> dict[str, Any]:
    with (OURS / name).open("rb") as file:
        return tomllib.load(file)
