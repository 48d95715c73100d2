"""A folder of libraries in the versions that a model needs: installed once, kept for the next time."""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from commands.packaging.locked import locked
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.uv import run_uv
from commands.packaging.versions import pins
from worker.libraries import DATA_STACK

KEPT = 8
"""Environments; the one that was used longest ago goes."""
_ENTRY = re.compile(r"^([\w.-]+)==(?:.|\n(?=\s))*\n?", re.MULTILINE)


def installed_folder(listed: str, cache: Path) -> Path:
    """The folder that holds a requirement list of this machine, without what the API runs on.

    That stays as this Python has it, so that the API and its workers read the schema alike.
    Raises ConfigurationError when it can't be downloaded.
    """
    target = Target.here()
    shared = locked("api", target).keys() - set(DATA_STACK)
    needed = "".join(entry[0] for entry in _ENTRY.finditer(listed) if entry[1] not in shared)
    key = hashlib.sha256("\0".join([needed, target.name, sys.platform]).encode()).hexdigest()[:16]
    environments = cache / "environments"
    folder = environments / key
    if not folder.is_dir():
        environments.mkdir(parents=True, exist_ok=True)
        _install(needed, folder, target, cache)
    os.utime(folder)
    _forget(environments)
    return folder


def _install(needed: str, folder: Path, target: Target, cache: Path) -> None:
    """Complete or not at all: the folder gets its name when everything is in it."""
    names = list(pins(needed).items())
    first = next((name for name in names if name[0] == "scikit-learn"), names[0])
    with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as made:
        root, requirements = Path(made) / "libraries", Path(made) / "requirements.txt"
        requirements.write_text(needed, encoding="utf-8")
        with step(f"model: installing {' '.join(first)} and {len(names) - 1} more"):
            run_uv(
                *("install", "--target", str(root), "--no-deps", "--require-hashes", "--only-binary", ":all:"),
                "--compile-bytecode",
                target.uv_options,
                *("--requirements", str(requirements)),
            )
        try:
            root.rename(folder)
        except OSError:  # another process has just made the same
            if not folder.is_dir():
                raise


def _forget(environments: Path) -> None:
    found = sorted(environments.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in found[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
