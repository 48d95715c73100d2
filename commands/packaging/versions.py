"""Which versions the worker carries: poetry.lock's, unless the model or the project's requirements.txt want others."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from commands.packaging.locked import locked, requirement_list, requirements
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.uv import run_uv

_READS_ANOTHER_FILE = re.compile(r"^\s*-", re.MULTILINE)
_INPUTS = "# resolved from "
_REQUIREMENT = re.compile(r"^\s*[^\s#]", re.MULTILINE)


def worker_requirements(project_dir: Path, target: Target, versions: Mapping[str, str], cache: Path) -> str:
    """The worker's requirement list, hashed, with these `versions` of what the model needs.

    Resolved with uv only where poetry.lock does not answer.

    Raises ConfigurationError when no set of versions fits.
    """
    lock = locked("worker", target)
    listed = requirement_list(lock)
    wanted = {str(canonicalize_name(name)): version for name, version in versions.items()}
    extras = _extras(project_dir)
    same = all(name in lock and lock[name].version == version for name, version in wanted.items())
    if extras is None and same:
        return listed
    # What both Lambdas carry stays as it is, so that they read the schema alike.
    shared = {name: lock[name].version for name in lock.keys() & locked("api", target).keys()}
    pins = {**shared, **{name: lock[name].version for name in DATA_STACK if name in lock}, **wanted}
    inputs = [target.name, listed, *requirements("worker"), repr(sorted(pins.items())), extras or ""]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    kept = cache / f"requirements-{key}.txt"
    # A list that reads another file may have changed with it.
    if not kept.exists() or (extras and _READS_ANOTHER_FILE.search(extras)):
        with step(f"worker: resolving for {target.name}"):
            _resolve(kept, listed, pins, project_dir / "requirements.txt" if extras else None, target)
    return f"{_INPUTS}{key}\n{kept.read_text(encoding='utf-8')}"


def remember(listed: str, cache: Path) -> None:
    """Put a list that an earlier deployment has kept beside its model where `worker_requirements` looks first.

    So the same model with the same inputs is deployed with the same libraries from any machine.
    """
    first, _, rest = listed.partition("\n")
    if first.startswith(_INPUTS) and re.fullmatch("[0-9a-f]{16}", first.removeprefix(_INPUTS)):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"requirements-{first.removeprefix(_INPUTS)}.txt").write_text(rest, encoding="utf-8")


DATA_STACK = ("numpy", "pandas", "scikit-learn", "scipy")
"""What a pickle depends on: extras must not move it."""


def _extras(project_dir: Path) -> str | None:
    path = project_dir / "requirements.txt"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return text if _REQUIREMENT.search(text) else None


def _resolve(kept: Path, listed: str, pins: Mapping[str, str], extras: Path | None, target: Target) -> None:
    """Write the resolved list; what the lock has already is preferred, with its hashes."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    asked, constraints, output = (kept.with_suffix(f".{part}") for part in ("in", "pins", "out"))
    asked.write_text("\n".join(requirements("worker")), encoding="utf-8")
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in sorted(pins.items())), encoding="utf-8")
    output.write_text(listed, encoding="utf-8")
    try:
        run_uv(
            "compile",
            *("--generate-hashes", "--no-header", "--no-annotate", "--only-binary", ":all:"),
            target.uv_options,
            *("--constraints", str(constraints), "--output-file", str(output), str(asked)),
            [str(extras)] if extras else [],
        )
        output.replace(kept)
    finally:
        for path in (asked, constraints, output):
            path.unlink(missing_ok=True)
