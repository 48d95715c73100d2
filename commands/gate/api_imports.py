"""Whether validation.py can be imported where only the API's packages are: read first, then tried in a process."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from commands.environments.environment import Environment
from commands.packaging.imports import check_imports
from commands.packaging.sources import has_module
from commands.trial.process import run
from serving.errors import ConfigurationError, ProjectError


def check_api_imports(project: Path) -> None:
    """Raises ProjectError that names the line, or the module that could not be imported."""
    from importlib.metadata import packages_distributions

    from packaging.utils import canonicalize_name

    from commands.packaging.locked import locked
    from commands.packaging.target import Target

    carried = locked("api", Target.here())
    modules = [
        module
        for module, names in packages_distributions().items()
        if any(canonicalize_name(name) in carried for name in names)
    ]
    check_imports(project, modules)
    try:
        argument = {"project": str(project.resolve()), "modules": modules}
        for _ in run(Environment(folder=None, libraries={}), "commands.gate.api_imports", "load", argument):
            pass
    except ConfigurationError as error:
        raise ProjectError(f"{str(error).rstrip('.')}; the API carries only its own packages.") from error


def load(argument: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """In a process of its own: import the project's schema with everything else out of reach."""
    folder = Path(argument["project"])
    allowed = {*argument["modules"], *sys.stdlib_module_names, "serving"}
    for name in list(sys.modules):
        if name.partition(".")[0] not in {*allowed, "commands", "__main__"}:
            del sys.modules[name]  # what this command has imported itself would be found there
    sys.meta_path.insert(0, _Only(folder, allowed))
    from serving.project import Project

    Project.load(folder)
    yield {}


class _Only(MetaPathFinder):
    """Finds nothing itself, and lets no other finder find what is not carried."""

    def __init__(self, folder: Path, modules: set[str]) -> None:
        self._folder = folder
        self._modules = modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top not in self._modules and not has_module(self._folder, top):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None
