"""A folder of libraries in the versions that a model needs: installed once, kept for the next time."""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from commands.environments.contents import is_whole, write_contents
from commands.environments.uses import in_use, use
from commands.packaging.locked import locked as locked_versions
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.uv import run_uv
from commands.packaging.versions import entries
from serving.local.lock import locked
from worker.libraries import DATA_STACK

KEPT = 8
"""Environments, beside those in use; the one that was used longest ago goes."""
ABANDONED = 3600.0
"""Seconds after which a half-made folder belongs to nobody."""


def installed_folder(listed: str, cache: Path, what: str = "libraries") -> Path:
    """The folder that holds a requirement list of this machine, without what the API runs on.

    That stays as this Python has it, so that the API and its workers read the schema alike. A folder from which
    something is missing is made anew. It is not deleted before this process ends.
    `what` is installed, and what goes with it, as people are told.
    Raises ConfigurationError when it can't be downloaded.
    """
    target = Target.here()
    shared = locked_versions("api", target).keys() - set(DATA_STACK)
    needed = "".join(text for name, text in entries(listed) if name not in shared)
    key = hashlib.sha256("\0".join([needed, target.name, sys.platform]).encode()).hexdigest()[:16]
    folder = cache / "environments" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(cache):
        use(cache / "uses", key)
        whole = is_whole(folder)
        broken = [] if whole else _set_aside([folder], cache)
    if not whole:
        _install(needed, folder, target, cache, what)
    os.utime(folder)
    with _alone(cache):
        others = _set_aside(_forgettable(cache), cache)
    for path in [*broken, *others, *_abandoned(cache)]:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def _alone(cache: Path) -> AbstractContextManager[None]:
    """For a moment no other process takes or gives a folder its name."""
    return locked(cache / "environments.lock")


def _install(needed: str, folder: Path, target: Target, cache: Path, what: str) -> None:
    """Complete or not at all: the folder gets its name when everything is in it."""
    place = cache.relative_to(Path.cwd()) if cache.is_relative_to(Path.cwd()) else cache
    with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as made:
        root, requirements = Path(made) / "libraries", Path(made) / "requirements.txt"
        requirements.write_text(needed, encoding="utf-8")
        with step(f"installing {what} into {place}"):
            run_uv(
                *("install", "--target", str(root), "--no-deps", "--require-hashes", "--only-binary", ":all:"),
                "--compile-bytecode",
                target.uv_options,
                *("--requirements", str(requirements)),
            )
        write_contents(root)
        with _alone(cache):
            if not folder.is_dir():  # another process has just made the same
                root.rename(folder)


def _set_aside(folders: Iterable[Path], cache: Path) -> Sequence[Path]:
    """Where they can be deleted: a folder that has its name is never half deleted."""
    aside = []
    for folder in folders:
        if folder.is_dir():
            aside.append(Path(tempfile.mkdtemp(dir=cache, prefix="making-")))
            folder.rename(aside[-1] / folder.name)
    return aside


def _forgettable(cache: Path) -> Sequence[Path]:
    used = in_use(cache / "uses")
    found = sorted((cache / "environments").iterdir(), key=_changed, reverse=True)
    return [folder for folder in found[KEPT:] if folder.name not in used]


def _abandoned(cache: Path) -> Sequence[Path]:
    """What a process left that was killed while it installed or deleted."""
    return [path for path in cache.glob("making-*") if time.time() - _changed(path) > ABANDONED]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just deleted it
        return time.time()
