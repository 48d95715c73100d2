"""The workflow files themselves: of the right shape, without a weakness that zizmor knows, pinned, thin."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.running import ROOT, run

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
THIN = re.compile(
    r"""make\ |                                         # make …
        (?:"\$GITHUB_ACTION_PATH/)?\.venv/bin/cli"?\ |  # cli …
        "\$GITHUB_ACTION_PATH/\.venv/bin/cli"\ |
        pipx\ install\ poetry==|poetry\ (?:sync|run\ pytest)  # where there is no make
    """,
    re.VERBOSE,
)
"""What a step may run: anyone can type it."""


def steps(path: Path) -> Iterator[dict[str, Any]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path == ACTION:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job["steps"]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("github-workflows", path) for path in WORKFLOWS),
        ("github-actions", ACTION),
        ("dependabot", ROOT / ".github/dependabot.yml"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_file_is_of_the_shape_that_github_takes(schema: str, path: Path) -> None:
    run(str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path))


def test_zizmor_finds_nothing_and_what_is_ignored_has_its_reason() -> None:
    run(str(BIN / "zizmor"), "--offline", "--no-progress", "--quiet", str(ROOT / ".github"), str(ACTION))
    for path in (*WORKFLOWS, ACTION):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert re.search(r"zizmor: ignore\[[\w-]+\] \w+ \w+", line), line


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_actions_are_pinned_and_steps_are_thin(path: Path) -> None:
    for step in steps(path):
        if "uses" in step and step["uses"] != "./":
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        for line in step.get("run", "").replace("\\\n", " ").splitlines():
            assert THIN.match(line), line
            assert "${{" not in line, "values come by the environment: text in a command could be a command"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_bounded_and_may_do_little(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["permissions"] in ({}, {"contents": "read"})
    assert document["concurrency"]["group"]
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        given = {*job.get("permissions", {}).items()}
        assert given <= {("contents", "read"), ("id-token", "write"), ("pages", "write")}, name


def test_a_deployment_is_never_cut_short_by_the_next_push() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))
    assert document["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_pull_requests_see_no_secret() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))
    assert "pull_request_target" not in document[True], "`on` is YAML's true"
    for name, job in document["jobs"].items():
        if job.get("if") == "github.event_name == 'pull_request'":
            assert job["permissions"] == {"contents": "read"}, name
            assert "secrets." not in str(job), name
        elif "secrets." in str(job):
            assert job["if"] == "github.event_name != 'pull_request'", name


def test_each_workflow_names_the_pythons_that_pyproject_allows() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    named = document["jobs"]["test"]["strategy"]["matrix"]["python"]
    low, high = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()).groups()  # type: ignore[union-attr]
    assert named == [f"3.{minor}" for minor in range(int(low), int(high))]
