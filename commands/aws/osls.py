"""Runs osls, the open Serverless Framework."""

import json
import os
import subprocess
from pathlib import Path

from commands.aws.account import Account
from commands.console import plain_errors
from commands.deployment import Deployment
from commands.node import Node, find_node, npm_ci
from serving.errors import ServingError

ROOT = Path(__file__).parent.parent.parent


def osls(deployment: Deployment, account: Account, *arguments: str) -> None:
    """Run one osls command on the deployment's stack; what it says goes to stderr. Raises ServingError."""
    tools = install()
    command = [*tools.node, "node_modules/osls/bin/serverless.js", *arguments]
    where = ["--stage", deployment.stage, "--region", account.region]
    environment = {**os.environ, "NODE_NO_WARNINGS": "1", "AWS_REGION": account.region}
    finished = subprocess.run([*command, *where], cwd=ROOT, env=environment, check=False, stdout=2)
    if finished.returncode:
        raise ServingError(f"osls {arguments[0]} ended with {finished.returncode}: see above.")


def install() -> Node:
    """Node, and the osls that package.json pins. Raises ServingError."""
    tools = find_node()
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["osls"]
    npm_ci(tools, ROOT, f"osls {wanted}")
    return tools


if __name__ == "__main__":  # `make` installs it so
    with plain_errors():
        install()
