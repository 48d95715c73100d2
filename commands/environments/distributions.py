"""From a module's first name to the distribution that brings it."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from commands.packaging.locked import locked
from commands.packaging.sources import has_module
from commands.packaging.target import Target
from worker.libraries import DATA_STACK

OTHER_NAMES: Mapping[str, Sequence[str]] = {
    "imblearn": ("imbalanced-learn",),
    "sklearn": ("scikit-learn",),
    "sklego": ("scikit-lego",),
    "umap": ("umap-learn",),
    "xgboost": ("xgboost-cpu",),
}
"""Of modules whose distribution is called otherwise, or has a twin."""

OURS = {"app", "cli", "commands", "serving", "worker"}
"""What this repository brings itself."""


def distributions_of(module: str) -> Sequence[str]:
    """Every distribution that may bring a module: those that are installed here, the known ones, its own name."""
    found = [*_installed().get(module, ()), *OTHER_NAMES.get(module, ()), module]
    return list(dict.fromkeys(str(canonicalize_name(name)) for name in found))


def libraries_in(project_dir: Path, imports: Sequence[str], asked: Collection[str]) -> Sequence[str]:
    """The distributions that a pickle's imports come from, as requirements.txt (`asked`) or this machine calls them.

    Without what scikit-learn brings along, the project's own modules and those that nobody knows.
    """
    carried = locked("worker", Target.here()).keys() - set(DATA_STACK)
    found = list(DATA_STACK)
    for module in imports:
        if module in OURS or has_module(project_dir, module):
            continue
        names = distributions_of(module)
        name = next((each for each in names if each in asked), names[0] if module in _installed() else None)
        if name is not None and name not in carried and name not in found:
            found.append(name)
    return found


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    return metadata.packages_distributions()
