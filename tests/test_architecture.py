"""The rules of the architecture, each a test."""

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

import cli
from tests.running import ROOT, run
from tests.running import cli as run_cli

PACKAGES = ("app", "worker", "serving", "commands")
SOURCES = sorted(
    path
    for folder in (*PACKAGES, "tests", "webform", "bench", "examples", ".")
    for path in (ROOT / folder).glob("*.*" if folder == "." else "**/*.*")
    if path.suffix in {".py", ".ts", ".tsx", ".css"} and "node_modules" not in path.parts
)


def imported(statement: str) -> set[str]:
    """The top-level packages that a fresh process has imported after a statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    return set(json.loads(run(sys.executable, "-W", "error", "-c", code).stdout.splitlines()[-1]))


def test_the_api_process_imports_no_data_stack() -> None:
    modules = imported("from app.main import create_app\nfrom serving.settings import Settings\ncreate_app(Settings())")
    assert {"fastapi", "pydantic"} <= modules
    assert not modules & {"sklearn", "pandas", "numpy", "scipy", "joblib", "worker", "limits", "boto3", "uvicorn"}


def test_the_running_api_process_has_mapped_no_data_stack(service) -> None:  # type: ignore[no-untyped-def]
    (api,) = service.processes("api")
    with service.client() as client:
        client.post("/api/predict", json=json.loads((ROOT / "example.json").read_text()), headers={"Prefer": "wait=5"})
        client.get("/api/info")
    if sys.platform == "linux":
        mapped = Path(f"/proc/{api.pid}/maps").read_text()
        assert "pydantic_core" in mapped
        assert not re.search(r"/(numpy|pandas|scipy|sklearn)/", mapped)


def test_the_worker_imports_no_web_stack() -> None:
    modules = imported("import worker.main, worker.quarantine, worker.child, worker.dead_letters")
    assert "sklearn" in modules
    assert not modules & {"fastapi", "starlette", "mangum", "uvicorn", "app", "boto3", "typer"}


def test_the_dead_letter_handler_imports_no_data_stack() -> None:
    modules = imported("import worker.dead_letters")
    assert not modules & {"sklearn", "pandas", "numpy", "fastapi"}


def test_the_cli_shows_its_help_without_the_data_stack() -> None:
    assert not imported("import cli") & {"sklearn", "pandas", "numpy", "boto3"}


def test_the_import_contracts_hold() -> None:
    run(str(Path(sys.executable).with_name("lint-imports")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_and_open_with_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    if path.suffix == ".py" and text:
        assert re.match(r'"""\S', text), "a file opens with one sentence that says what it is for"


def test_the_environment_is_read_in_settings_and_the_cli_only() -> None:
    for package in ("app", "worker", "serving"):
        for path in (ROOT / package).rglob("*.py"):
            if path != ROOT / "serving" / "settings.py":
                assert not re.search(r"os\.(environ|getenv)", path.read_text()), path


def test_http_statuses_live_in_the_api_only() -> None:
    for package in ("worker", "serving"):
        for path in (ROOT / package).rglob("*.py"):
            assert not re.search(r"\b(status_code|HTTPException)\b", path.read_text()), path


def test_make_test_looks_for_what_must_be_alone_where_it_is() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"^@?(\w+ = )?pytest\.mark\.alone", path.read_text(), re.M)
    }
    (listed,) = re.findall(r"pytest -q -m alone (.*)", (ROOT / "Makefile").read_text())
    assert set(listed.split()) == found


TREE: Any = typer.main.get_command(cli.app)


def commands(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every command and group."""
    inner = getattr(command, "commands", {})
    return [path, *(found for name in inner for found in commands(inner[name], (*path, name)))]


COMMANDS = commands(TREE)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "cli")
def test_help_fits_80_columns_and_explains_every_option(path: tuple[str, ...]) -> None:
    shown = run_cli(*path, "--help").stdout
    assert shown.strip()
    for line in shown.splitlines():
        assert len(line.rstrip()) <= 80, line
    command = TREE
    for name in path:
        command = command.commands[name]
    assert command.help, "a command says what it does"
    for parameter in command.params:
        assert parameter.help, f"{parameter.name} has no help"


@pytest.mark.parametrize("path", [p for p in COMMANDS if p], ids=" ".join)
def test_every_command_is_in_the_readme(path: tuple[str, ...]) -> None:
    assert f"cli {' '.join(path)}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_an_example_needs_nothing_of_ours_but_for_training() -> None:
    modules = [path for path in (ROOT / "examples").glob("*/*.py") if path.name != "train.py"]
    assert len(modules) >= 5
    for path in modules:
        imports = {
            name for name in ast.walk(ast.parse(path.read_text())) if isinstance(name, ast.Import | ast.ImportFrom)
        }
        named = {alias.name for node in imports for alias in node.names} | {
            getattr(node, "module", "") for node in imports
        }
        assert not {str(name).partition(".")[0] for name in named} & {*PACKAGES, "cli"}, path
