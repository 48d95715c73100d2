"""What a model will weigh on Lambda, estimated: memory of the worker, size of its bundle."""

import sys
from importlib import metadata
from pathlib import Path

from commands.deployment import CACHE, LIBRARIES_MIB
from commands.environments.environment import Environment
from commands.gate.finding import Finding, passed, warned
from commands.packaging.locked import locked
from commands.packaging.sizes import LIMIT, MIB
from commands.packaging.target import Target
from commands.packaging.versions import pins, worker_requirements
from serving.settings import Settings

BUNDLE_MIB = 218
"""The worker with pandas and scikit-learn for arm64, .pyc counted: measured by `cli package`."""
CLOSE = 0.96


def memory(settings: Settings, *, held: int | None, size: int) -> Finding:
    """`held`: MiB of the process that tried the model; `size`: bytes of its file, where that is not known."""
    one = held if held is not None else LIBRARIES_MIB + size // MIB
    needed = 2 * one + settings.predict_memory
    text = f"A worker holds {one} MiB with this model; two and a predict need {needed} of WORKER_MEMORY's"
    if needed > settings.worker_memory:
        advice = f"`memory = {-(-needed // 64) * 64}` in service.toml, or less PREDICT_MEMORY"
        return warned("memory", f"{text} {settings.worker_memory}: on Lambda set {advice}.")
    return passed("memory", f"{text} {settings.worker_memory} MiB.")


def bundle(project: Path, environment: Environment) -> Finding:
    """From the libraries as they are installed here; `cli package` weighs them as they are shipped."""
    versions = {name: library.version for name, library in environment.libraries.items()}
    needed = pins(worker_requirements(project, Target.here(), versions, CACHE))
    extras = sorted(set(needed) - set(locked("worker", Target.here())))
    sizes = {name: _installed(name, environment) / MIB for name in extras}
    total = BUNDLE_MIB + sum(sizes.values())
    parts = "".join(f", {name} {size:.0f}" for name, size in sizes.items() if size >= 0.5)
    text = f"The worker's bundle takes about {total:.0f} of Lambda's {LIMIT // MIB} MiB{parts}"
    if total > CLOSE * LIMIT / MIB:
        return warned("bundle", f"{text}: `cli package` tells exactly, and which packages are the largest.")
    return passed("bundle", f"{text}.")


def _installed(name: str, environment: Environment) -> int:
    """Bytes of a distribution's files; 0 when it is not there."""
    path = sys.path if environment.folder is None else [str(environment.folder)]
    found = next(iter(metadata.distributions(name=name, path=path)), None)
    files = (found.files or []) if found is not None else []
    return sum(file.size or 0 for file in files)
