"""The third-party part of a zip: installed, pruned, compiled, zipped, and kept for the next time."""

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from commands.packaging.archive import write_zip
from commands.packaging.bytecode import compile_below
from commands.packaging.locked import Lambda
from commands.packaging.pruning import prune
from commands.packaging.sizes import Size, sizes_of_libraries
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.uv import run_uv

WITHOUT = {"api": ("yaml/_yaml.*.so",), "worker": ()}
"""yaml reads form.yml without its C half, a fifth of the API."""
KEPT = 8
"""Zips in the cache; the one that was used longest ago goes."""


class Libraries(BaseModel):
    """What is known of a zipped bundle."""

    sizes: tuple[Size, ...]
    modules: tuple[str, ...]  # what can be imported, by its first name


def libraries(name: Lambda, listed: str, target: Target, cache: Path) -> tuple[Path, Libraries]:
    """The zip of a requirement list and what it holds, from the cache when nothing changed."""
    key = _key(name, listed, target)
    folder = cache / f"{name}-{target.name}-{key}"
    if not (folder / "contents.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as made:
            with assembled(name, listed, target, Path(made)) as (root, contents), step(f"{name}: zipping libraries"):
                write_zip(Path(made) / "libraries.zip", root)
            (Path(made) / "contents.json").write_text(contents.model_dump_json(), encoding="utf-8")
            folder.mkdir(exist_ok=True)
            for file in ("libraries.zip", "contents.json"):  # the one that makes it complete comes last
                (Path(made) / file).replace(folder / file)
        _forget(cache)
    (folder / "contents.json").touch()
    contents = Libraries.model_validate_json((folder / "contents.json").read_bytes())
    return folder / "libraries.zip", contents


@contextmanager
def assembled(name: Lambda, listed: str, target: Target, near: Path) -> Iterator[tuple[Path, Libraries]]:
    """The bundle as a folder below `near`, for as long as the block runs."""
    with tempfile.TemporaryDirectory(dir=near) as made:
        root = Path(made) / "libraries"
        requirements = Path(made) / "requirements.txt"
        requirements.write_text(listed, encoding="utf-8")
        with step(f"{name}: downloading {listed.count('==')} libraries for {target.name}"):
            run_uv(
                "install",
                *("--target", str(root), "--no-deps", "--require-hashes", "--only-binary", ":all:"),
                target.uv_options,
                *("--requirements", str(requirements)),
            )
        owners = _owners(root)
        prune(root, without=WITHOUT[name])
        if target.compiled:
            with step(f"{name}: compiling libraries"):
                compile_below(root, sourceless=True)
        yield root, Libraries(sizes=sizes_of_libraries(root, owners, target), modules=_modules(root))


def _owners(root: Path) -> dict[str, str]:
    """The distribution, with its version, of each folder or module at the top."""
    owners: dict[str, str] = {}
    for info in sorted(root.glob("*.dist-info")):
        metadata = (info / "METADATA").read_text(encoding="utf-8")
        name, version = (re.search(rf"^{field}: (.+)$", metadata, re.MULTILINE) for field in ("Name", "Version"))
        assert name is not None
        assert version is not None
        tops = [line.split("/")[0].split(",")[0] for line in (info / "RECORD").read_text(encoding="utf-8").splitlines()]
        owners |= dict.fromkeys(tops, f"{name[1]} {version[1]}")
    return owners


def _modules(root: Path) -> tuple[str, ...]:
    found = {path.name.split(".")[0] for path in root.iterdir() if not path.name.endswith((".dist-info", ".libs"))}
    return tuple(sorted(found))


def _key(name: Lambda, listed: str, target: Target) -> str:
    """Everything that the bundle's bytes depend on, this code included."""
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256("\0".join([name, listed, target.name, sys.version, *code]).encode()).hexdigest()[:16]


def _forget(cache: Path) -> None:
    entries = sorted(cache.glob("*/contents.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        shutil.rmtree(entry.parent)
