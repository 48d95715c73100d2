"""What is deployed runs on Lambda's processor, C library and Python: checked file by file, since nothing here is it."""

import importlib.util
import zipfile
from pathlib import Path

import pytest

from commands.packaging.libraries import assembled
from commands.packaging.locked import locked, requirement_list
from commands.packaging.target import Target
from tests.packaging.conftest import Built
from tests.packaging.elf import MACHINES, glibc, machine, shared_objects


def check_shared_objects(folder: Path, architecture: str, at_least: int) -> None:
    found = shared_objects(folder)
    assert len(found) >= at_least
    for path in found:
        assert machine(path) == MACHINES[architecture], path
        assert glibc(path) <= (2, 28), path


def test_every_shared_object_of_the_zips_is_for_arm64(shipped: Built) -> None:
    check_shared_objects(shipped.folders["worker"], "arm64", 250)
    check_shared_objects(shipped.folders["api"], "arm64", 1)


@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_bytecode_is_the_runtimes_or_there_is_none(python: str, tmp_path: Path) -> None:
    target = Target(python=python, architecture="x86_64")
    with assembled("api", requirement_list(locked("api", target)), target, tmp_path) as (root, _):
        check_shared_objects(root, "x86_64", 1)
        assert all(f"cpython-{python.replace('.', '')}-" in path.name for path in shared_objects(root))
        compiled = list(root.rglob("*.pyc"))
        assert bool(compiled) == target.compiled
        assert all(path.read_bytes()[:4] == importlib.util.MAGIC_NUMBER for path in compiled)
        assert bool(list(root.glob("fastapi/*.py"))) != target.compiled


def test_the_zips_hold_plain_files_that_depend_on_no_clock(shipped: Built) -> None:
    for path in (shipped.package.api, shipped.package.worker):
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        assert len({entry.filename for entry in entries}) == len(entries)
        for entry in entries:
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644
            assert not entry.filename.startswith(("/", "."))


def test_the_workers_list_is_kept_with_its_hashes(shipped: Built) -> None:
    package = shipped.package
    assert package.requirements_name == "requirements-3.13-arm64.txt"
    text = package.requirements.read_text()
    assert "scikit-learn==" in text
    assert text.count("==") < text.count("--hash=sha256:")
