"""The host's zips run with nothing but themselves and what Lambda's runtime brings."""

import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any

from commands.packaging.roots import ROOTS, amazon_roots
from tests.packaging.conftest import Built
from tests.running import ROOT, run

PYTHON = ROOT / ".tools/ministack/bin/python"
SCRIPT = Path(__file__).with_name("round_trip.py")


def inside(folder: Path, state: Path, bucket: str, *arguments: str) -> Any:
    """The answer of a fresh process whose only libraries are the bundle's; the emulator's venv stands for Lambda."""
    settings = {"BACKEND": "local", "PROJECT_DIR": "project", "STATE_DIR": str(state), "BUCKET": bucket}
    environment = {"PATH": os.environ["PATH"], **settings}
    finished = run(str(PYTHON), "-I", "-c", SCRIPT.read_text(), *arguments, cwd=folder, env=environment)
    printed = json.loads(finished.stdout.splitlines()[-1])
    assert not [file for file in printed["files"] if file.startswith(str(ROOT)) and ".tools" not in file]
    return printed["answer"]


def test_the_zips_accept_predict_and_answer_an_iris(host: Built, iris_bucket: str, tmp_path: Path) -> None:
    example = (ROOT / "example.json").read_text()
    accepted = inside(host.folders["api"], tmp_path, iris_bucket, "post", example)
    assert accepted["status"] == "pending"
    assert inside(host.folders["worker"], tmp_path, iris_bucket, "work") == {"batchItemFailures": []}
    found = inside(host.folders["api"], tmp_path, iris_bucket, "get", accepted["prediction_id"])
    assert found["status"] == "succeeded"
    assert found["result"]["prediction"] == "setosa"


def test_libraries_are_sourceless_and_made_by_this_python(host: Built) -> None:
    for folder in host.folders.values():
        compiled = list(folder.rglob("*.pyc"))
        assert len(compiled) > 100
        for path in compiled:
            content = path.read_bytes()
            assert content[:4] == importlib.util.MAGIC_NUMBER
            assert content[4:8] == b"\x01\0\0\0", "unchecked: no source is looked at"
    assert not (host.folders["worker"] / "sklearn" / "base.py").exists()
    assert (host.folders["worker"] / "sklearn" / "base.pyc").exists()


def test_our_code_and_the_projects_keep_their_source_beside_the_bytecode(host: Built) -> None:
    for name, module in (("api", "app/main"), ("worker", "worker/main"), ("worker", "project/validation")):
        source = host.folders[name] / f"{module}.py"
        assert source.read_bytes() == (ROOT / f"{module.removeprefix('project/')}.py").read_bytes()
        assert Path(importlib.util.cache_from_source(str(source))).exists()


def test_each_zip_has_the_roots_that_deployed_functions_trust(host: Built) -> None:
    for folder in host.folders.values():
        assert (folder / ROOTS).read_text() == amazon_roots()


def test_each_zip_has_its_own_half_of_the_service(host: Built) -> None:
    api, worker = host.folders["api"], host.folders["worker"]
    assert (api / "serving/aws").is_dir()
    assert (worker / "serving/aws").is_dir()
    assert (api / "app/lambda_handler.py").exists()
    assert not (worker / "app").exists()
    dead_letters = {"__init__.py", "dead_letters.py", "dead_letter_handler.py"}
    assert {path.name for path in (api / "worker").glob("*.py")} == dead_letters
    assert not {path.name for path in api.iterdir()} & {"numpy", "pandas", "sklearn", "boto3", "tests", "commands"}
    assert not {path.name for path in worker.iterdir()} & {"fastapi", "starlette", "mangum", "boto3"}


def test_versions_and_entry_points_can_still_be_looked_up(host: Built) -> None:
    metadata = host.folders["worker"].glob("scikit_learn-*.dist-info/METADATA")
    assert re.search(r"^Version: \d", next(metadata).read_text(), re.MULTILINE)
    assert list(host.folders["api"].glob("opentelemetry_api-*.dist-info/entry_points.txt"))
    assert list(host.folders["worker"].glob("numpy-*.dist-info/licenses/*"))


def test_nothing_that_only_builds_or_tests_is_shipped(host: Built) -> None:
    worker = host.folders["worker"]
    suffixes = {path.suffix for path in worker.rglob("*")}
    assert not suffixes & {".pyi", ".pyx", ".pxd", ".h", ".c", ".a", ".pkl"}
    assert not [path for path in worker.rglob("tests") if path.is_dir()]
    assert not list(worker.glob("sklearn/datasets/data/*.csv"))
    assert (worker / "numpy/f2py").is_dir()
    assert (worker / "numpy/testing").is_dir()
