"""python -m commands.auditing      what is known to be weak in what poetry.lock and the package-lock.json files name.

What is shipped (to Lambda, to this machine's service, to browsers) fails the run whatever the weakness; tools that only
build or deploy fail it when the weakness is high or critical, and are told of otherwise.

Exit codes: 1 something that must be looked at is known; 2 an advisory service gave no answer, so nobody knows.
Set OSV_URL where another service than https://api.osv.dev/v1/query answers; npm asks its own registry.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.console import err, say
from commands.node import Node, find_node
from serving.declared import OURS
from serving.errors import ServingError

PIP_AUDIT = "pip-audit==2.10.1"
OSV = "https://api.osv.dev/v1/query"
SHIPPED = {"main", "api", "worker"}
"""The groups of poetry.lock that users run; dev is for those who work on this."""
GRAVE = {"high", "critical"}
FOLDERS = {"webform": True, ".": False}
"""Where a package-lock.json is, and whether what it names is shipped: osls only deploys."""


class NoAnswer(ServingError):
    """An advisory service could not be asked: nothing is known, the bad and the good."""


@dataclass(frozen=True, kw_only=True)
class Weakness:
    """What is known of one package; `fails` the run."""

    where: str
    package: str
    advisory: str
    text: str
    fails: bool

    def __str__(self) -> str:
        return f"{'FAILS' if self.fails else 'told '} {self.where}: {self.package}: {self.advisory}: {self.text}"


def locked() -> Sequence[Sequence[str]]:
    """The pins of poetry.lock that are shipped, in lists that name nothing twice: versions differ by Python."""
    with (OURS / "poetry.lock").open("rb") as file:
        packages = [found for found in tomllib.load(file)["package"] if SHIPPED & set(found["groups"])]
    lists: list[dict[str, str]] = []
    for package in packages:
        free = next((pins for pins in lists if package["name"] not in pins), None)
        if free is None:
            lists.append(free := {})
        free[package["name"]] = package["version"]
    return [[f"{name}=={version}" for name, version in pins.items()] for pins in lists]


def of_python(pins: Sequence[str]) -> Iterator[Weakness]:
    """What the advisories say of these pins. Raises NoAnswer."""
    from uv import find_uv_bin

    url = os.environ.get("OSV_URL", OSV)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text("\n".join(pins), encoding="utf-8")
        tool = [find_uv_bin(), "--quiet", "tool", "run", "--python", sys.executable, "--from", PIP_AUDIT, "pip-audit"]
        what = ["--requirement", str(path), "--no-deps", "--disable-pip", "--format", "json", "--desc", "on"]
        service = ["--vulnerability-service", "osv", "--osv-url", url, "--progress-spinner", "off"]
        finished = subprocess.run([*tool, *what, *service], capture_output=True, text=True, check=False)
    found = _parsed(finished.stdout)
    if found is None or "dependencies" not in found:
        raise NoAnswer(f"{url} was asked by pip-audit, and there is no answer: {_last_line(finished.stderr)}")
    for package in found["dependencies"]:
        if "skip_reason" in package:
            raise NoAnswer(f"{package['name']} could not be asked about: {package['skip_reason']}")
        for known in package["vulns"]:
            mended = f" (mended in {', '.join(known['fix_versions'])})" if known["fix_versions"] else ""
            yield Weakness(
                where="poetry.lock",
                package=f"{package['name']} {package['version']}",
                advisory=known["id"],
                text=known["description"].split("\n", 1)[0][:200] + mended,
                fails=True,
            )


def of_npm(tools: Node, folder: str, *, shipped: bool) -> Iterator[Weakness]:
    """What the registry says of a folder's lock file, or of the part that ends in browsers. Raises NoAnswer."""
    command = [*tools.npm, "audit", "--json", "--package-lock-only", *(["--omit=dev"] if shipped else [])]
    finished = subprocess.run(command, cwd=OURS / folder, capture_output=True, text=True, check=False)
    found = _parsed(finished.stdout)
    if found is None or "vulnerabilities" not in found:
        said = (found or {}).get("message") or _last_line(finished.stderr)
        raise NoAnswer(f"npm's registry was asked for advisories, and there is no answer: {said}")
    for package in found["vulnerabilities"].values():
        for known in package["via"]:
            if isinstance(known, dict):  # a text names another package of this list
                yield Weakness(
                    where=f"{folder}/package-lock.json" if folder != "." else "package-lock.json",
                    package=f"{known['name']} {known['range']}",
                    advisory=known["url"],
                    text=f"{known['severity']}: {known['title']}",
                    fails=shipped or known["severity"] in GRAVE,
                )


def sources(tools: Node) -> Iterator[Iterator[Weakness]]:
    """Whoever is to be asked, each by itself."""
    for pins in locked():
        yield of_python(pins)
    for folder, shipped in FOLDERS.items():
        if shipped:
            yield of_npm(tools, folder, shipped=True)
        yield of_npm(tools, folder, shipped=False)


def main() -> int:
    """Tell what is known; the exit code."""
    known: dict[tuple[str, str], Weakness] = {}
    unknown: dict[str, None] = {}
    for source in sources(find_node()):
        try:
            for weakness in source:
                known.setdefault(
                    (weakness.package, weakness.advisory), weakness
                )  # of what is shipped, that comes first
        except NoAnswer as error:
            unknown[str(error)] = None
    for weakness in known.values():
        say(str(weakness))
    for problem in unknown:
        err.print(f"Nobody knows: {problem}", markup=False, highlight=False, soft_wrap=True)
    failing = sum(weakness.fails for weakness in known.values())
    if unknown:
        told = "Run it where the advisory services can be reached: a mirror of packages seldom has them."
        err.print(told, highlight=False, soft_wrap=True)
    else:
        pins = sum(map(len, locked()))
        say(f"{pins} pins of poetry.lock, {len(FOLDERS)} package-lock.json files: {len(known)} known, {failing} fail.")
    return 1 if failing else 2 if unknown else 0


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


if __name__ == "__main__":
    sys.exit(main())
