"""Builds webform/ into webform/dist, when its sources are newer than what is there."""

import hashlib
import subprocess
from pathlib import Path

from commands.console import err, plain_errors
from commands.deployment import BUILD
from commands.node import Node, find_node, npm_ci
from serving.errors import ServingError
from serving.local.lock import locked

WEBFORM = Path(__file__).parent.parent.parent / "webform"
DIST = WEBFORM / "dist"
SOURCE = ".source"
"""In dist: the sha256 of what it was built from."""
LOCK = BUILD / ".form.lock"
"""Not in node_modules, which is emptied before it is filled."""
SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "tsconfig.json", "public/**/*", "src/**/*")


def build_form() -> Path:
    """The folder of the built form; whoever comes while another one builds it waits. Raises ServingError."""
    if not (WEBFORM / "package.json").is_file():
        raise ServingError(f"{WEBFORM} is not there: the form is built in a checkout of the repository.")
    if is_built():
        return DIST
    with locked(LOCK, wait=True):
        if is_built():
            return DIST
        tools = find_node()
        npm_ci(tools, WEBFORM, "what builds the web form", dev=False)
        _build(tools)
    return DIST


def is_built() -> bool:
    """Whether dist is what today's sources give."""
    mark = DIST / SOURCE
    return mark.is_file() and mark.read_text(encoding="utf-8") == _fingerprint()


def _build(tools: Node) -> None:
    before = _fingerprint()
    command = [*tools.node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
    finished = subprocess.run(command, cwd=WEBFORM, check=False, capture_output=True, text=True)
    if finished.returncode:
        err.print(finished.stdout + finished.stderr, markup=False, highlight=False)
        raise ServingError("The web form could not be built: see above.")
    (DIST / SOURCE).write_text(before, encoding="utf-8")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in WEBFORM.glob(pattern) if path.is_file()}):
        digest.update(f"{path.relative_to(WEBFORM).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":  # `make` prepares the tests so: with what checks and tests the form, too
    with plain_errors():
        npm_ci(find_node(), WEBFORM, "what builds and tests the web form")
        build_form()
