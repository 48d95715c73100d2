"""What npm brings: `make demo` needs less of it than `make test`, which may come after it in the same folder."""

import json
from pathlib import Path

import pytest

from commands.node import INSTALLED, Node, find_node, npm_ci
from tests.running import run


@pytest.fixture(scope="module")
def tools() -> Node:
    return find_node()


@pytest.fixture
def folder(tmp_path: Path, tools: Node) -> Path:
    """A package that needs `runs`, and `tests` in development; both are folders, so that nothing is fetched."""
    for name in ("runs", "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0"}))
    package = {"name": "p", "dependencies": {"runs": "file:runs"}, "devDependencies": {"tests": "file:tests"}}
    (tmp_path / "package.json").write_text(json.dumps(package))
    run(*tools.npm, "install", "--package-lock-only", "--no-audit", cwd=tmp_path)
    return tmp_path


def installed(folder: Path) -> set[str]:
    return {path.name for path in (folder / "node_modules").iterdir() if not path.name.startswith(".")}


def test_what_is_only_in_development_comes_when_it_is_asked_for(folder: Path, tools: Node) -> None:
    npm_ci(tools, folder, "the form", dev=False)
    assert installed(folder) == {"runs"}
    assert not (folder / "node_modules" / INSTALLED).exists(), "`make` would believe that its tests can run"
    npm_ci(tools, folder, "the form and its tests")
    assert installed(folder) == {"runs", "tests"}
    assert (folder / "node_modules" / INSTALLED).is_file()


def test_what_is_there_is_not_installed_again(folder: Path, tools: Node, capfd: pytest.CaptureFixture[str]) -> None:
    npm_ci(tools, folder, "all of it")
    capfd.readouterr()
    npm_ci(tools, folder, "all of it")
    npm_ci(tools, folder, "a part of it", dev=False)
    assert "npm ci" not in capfd.readouterr().err
    lock = folder / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    npm_ci(tools, folder, "the part of another lock file", dev=False)
    assert installed(folder) == {"runs"}
