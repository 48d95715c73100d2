"""The commands of docs/operating.md, runbook by runbook, run by its tests as they stand there."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from tests.building import build_folder
from tests.running import ROOT, checked, cli

PAGE = ROOT / "docs" / "operating.md"
HEADING = re.compile(r"^#{2,3} (.+)$", re.M)
BLOCK = re.compile(r"(?P<untried><!-- not tried: .+ -->\n)?^```bash\n(?P<lines>(?:(?!```).*\n)+)```$", re.M)


@cache
def runbooks(*, tried: bool = True) -> dict[str, list[str]]:
    """The commands below each heading; with `tried` False those that are marked as not tried."""
    _, *parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        for block in BLOCK.finditer(text):
            if (block["untried"] is None) is tried:
                found.setdefault(heading, []).extend(block["lines"].splitlines())
    return found


@dataclass
class Shell:
    """Whoever follows the page: in the project's folder, with an environment."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, line: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """One line to its end. `cli` runs as a fork of a warm process, whatever else in bash."""
        known = {**os.environ, **self.environment, **variables}
        words = [Template(word).substitute(known) for word in shlex.split(line, comments=True)]
        given = {}
        while re.fullmatch(r"[A-Z_]+=.*", words[0]):
            name, value = words.pop(0).split("=", 1)
            given[name] = value
        if words[0] == "cli":
            return self.cli(words[1:], {**known, **given})
        path = os.pathsep.join([str(Path(sys.executable).parent), known["PATH"]])
        command = ["bash", "-euo", "pipefail", "-c", line]
        environment = {**known, "PATH": path}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def cli(self, arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        with build_folder() if arguments[0] in {"deploy", "remove"} else nullcontext():
            return cli(*arguments, cwd=self.folder, env=environment, check=False)


@dataclass
class Steps:
    """The commands of one runbook, taken one after the other."""

    shell: Shell
    left: list[str]

    def __call__(self, expected: str, *, fails: bool = False, **variables: str) -> str:
        """Run the next command, which has `expected` in it; what it wrote."""
        assert self.left, f"the page has no command with {expected!r} any more"
        line = self.left.pop(0)
        assert expected in line, f"the page's next command is {line!r}"
        finished = self.shell.run(line, variables)
        return (finished if fails else checked(finished)).stdout


@contextmanager
def runbook(heading: str, shell: Shell) -> Iterator[Steps]:
    """Follow one: every command below the heading must have been run when the block ends."""
    steps = Steps(shell, list(runbooks()[heading]))
    yield steps
    assert steps.left == [], f"{heading}: not run"


def alarms() -> dict[str, dict[str, str]]:
    """The rows of the page's table of alarms, by their names."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    head = next(place for place, line in enumerate(lines) if line.startswith("| alarm |"))
    names, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[head:])
    found = {row[0].strip("`"): dict(zip(names, row, strict=False)) for row in rows}
    return {name: row for name, row in found.items() if name.endswith("Alarm")}
