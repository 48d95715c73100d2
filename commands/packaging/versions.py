"""Which versions the worker carries: poetry.lock's, unless the model or the project's requirements.txt want others."""

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from commands.packaging.ceilings import ceilings, minor
from commands.packaging.extras import Extras
from commands.packaging.locked import Locked, locked, requirement_list, requirements
from commands.packaging.steps import step
from commands.packaging.target import Target
from commands.packaging.uv import Unresolvable, run_uv
from serving.errors import ModelRefused, ProjectError
from worker.libraries import DATA_STACK, TWINS, installed

_INPUTS = "# resolved from "
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=(\S+)")
_ENTRY = re.compile(r"^([\w.-]+)==(?:.|\n(?=\s))*\n?", re.MULTILINE)


def worker_requirements(project_dir: Path, target: Target, versions: Mapping[str, str], cache: Path) -> str:
    """The worker's requirement list, hashed, with these `versions` of what the model needs.

    Resolved with uv only where poetry.lock does not answer.

    Raises ModelRefused when the target can't have these versions, ConfigurationError when no set of versions fits or
    requirements.txt has other hashes.
    """
    lock = locked("worker", target)
    listed = requirement_list(lock)
    extras = Extras.read(project_dir, target)
    wanted = _as_asked({str(canonicalize_name(name)): version for name, version in versions.items()}, extras)
    same = all(name in lock and lock[name].version == version for name, version in wanted.items())
    if extras.empty and same:
        return listed
    constraints = _constraints(lock, wanted, target)
    # What the manifest names is carried, whether requirements.txt asks for it or not.
    asked = [*requirements("worker"), *(f"{n}=={v}" for n, v in sorted(wanted.items()) if n not in lock)]
    inputs = [target.name, listed, *asked, repr(constraints), extras.text]
    key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    kept = cache / f"requirements-{key}.txt"
    # A list that reads another file may have changed with it.
    if not kept.exists() or extras.reads_another_file:
        where = "" if target.host else f" for Lambda, {target.name}"
        with step(f"looking up {extras.reason(wanted)}{where}"):
            try:
                _resolve(kept, listed, asked, constraints, extras, target)
            except Unresolvable as error:
                raise _explained(error, wanted, target) from error
    return f"{_INPUTS}{key}\n{_as_hashed(kept.read_text(encoding='utf-8'), extras)}"


def pins(listed: str) -> dict[str, str]:
    """The version of each distribution in a requirement list."""
    return dict(_PIN.findall(listed))


def entries(listed: str) -> Sequence[tuple[str, str]]:
    """Each distribution of a requirement list, with its lines."""
    return [(entry[1], entry[0]) for entry in _ENTRY.finditer(listed)]


def remember(listed: str, cache: Path) -> None:
    """Put a list that an earlier deployment has kept beside its model where `worker_requirements` looks first.

    So the same model with the same inputs is deployed with the same libraries from any machine.
    """
    first, _, rest = listed.partition("\n")
    if first.startswith(_INPUTS) and re.fullmatch("[0-9a-f]{16}", first.removeprefix(_INPUTS)):
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"requirements-{first.removeprefix(_INPUTS)}.txt").write_text(rest, encoding="utf-8")


def _as_asked(wanted: Mapping[str, str], extras: Extras) -> dict[str, str]:
    """A library of two names under the one that requirements.txt has for this target."""
    asked = extras.names
    return {TWINS[n] if n not in asked and TWINS.get(n) in asked else n: v for n, v in wanted.items()}


def _as_hashed(listed: str, extras: Extras) -> str:
    """The list without the files that requirements.txt leaves out by its own hashes, for which uv writes all.

    Raises ProjectError when no file is left.
    """
    if not extras.hashes:
        return listed
    kept = []
    for name, text in entries(listed):
        asked = extras.hashes.get(name)
        if asked is None:
            kept.append(text)
            continue
        one = Locked(name=name, version=pins(text)[name], hashes=sorted(asked & set(_HASH.findall(text))))
        if not one.hashes:
            raise ProjectError(
                f"{extras.path} gives hashes for {name} that no wheel of version {one.version} has: take them from the "
                "package index again, or remove them."
            )
        kept.append(f"{one.line}\n")
    return "".join(kept)


def _constraints(lock: Mapping[str, Locked], wanted: Mapping[str, str], target: Target) -> Sequence[str]:
    """What both Lambdas carry stays as it is, so that they read the schema alike; extras must not move the rest."""
    shared = {name: lock[name].version for name in lock.keys() & locked("api", target).keys()}
    made_with = wanted.get("scikit-learn", lock["scikit-learn"].version)
    as_locked = minor(made_with) == minor(lock["scikit-learn"].version)
    stack = {name: lock[name].version for name in DATA_STACK} if as_locked else {}
    exact = {**shared, **stack, **wanted}
    limits = [] if as_locked else [limit for limit in ceilings(made_with) if limit.split("<")[0] not in exact]
    return [*(f"{name}=={version}" for name, version in sorted(exact.items())), *limits]


def _resolve(
    kept: Path, listed: str, asked: Sequence[str], constraints: Sequence[str], extras: Extras, target: Target
) -> None:
    """Write the resolved list; what the lock has already is preferred, with its hashes."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    wishes, limits, output = (kept.with_suffix(f".{part}") for part in ("in", "pins", "out"))
    wishes.write_text("\n".join(asked), encoding="utf-8")
    limits.write_text("\n".join(constraints), encoding="utf-8")
    output.write_text(listed, encoding="utf-8")
    try:
        run_uv(
            "compile",
            *("--generate-hashes", "--no-header", "--no-annotate", "--only-binary", ":all:"),
            target.uv_options,
            *("--constraints", str(limits), "--output-file", str(output), str(wishes)),
            [] if extras.empty else [str(extras.path)],
        )
        output.replace(kept)
    finally:
        for path in (wishes, limits, output):
            path.unlink(missing_ok=True)


def _explained(error: Unresolvable, wanted: Mapping[str, str], target: Target) -> Exception:
    """Says of a version that can't be had what else can be done; anything else stays as uv put it."""
    for name, version in wanted.items():
        which = re.escape(f"{name}=={version}")
        present = installed(name)
        again = f'train it again after `pip install "{name}=={present}"`' if present else "train it again without"
        if re.search(f"no version of {which}", error.reason):
            return ModelRefused(f"The model needs {name} {version}, which the package index does not have: {again}.")
        if re.search(rf"{which} (has no|depends on Python)", error.reason):
            where = f"Python {target.python} on {sys.platform if target.host else 'Lambda'}, {target.architecture}"
            other = (
                "use another Python (remove .venv and .tools, then `make PYTHON=python3.12 demo`)"
                if target.host
                else "set PYTHON_VERSION or ARCHITECTURE to others"
            )
            return ModelRefused(
                f"The model needs {name} {version}, which has no wheel for {where}: {other}, or {again}."
            )
    return error
