"""Which libraries a model runs under on this machine: this Python's own, or a folder of others in front of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from commands.deployment import CACHE
from commands.environments.folder import installed_folder
from commands.environments.wanted import are_here, libraries_of
from commands.packaging.extras import Extras
from commands.packaging.target import Target
from commands.packaging.versions import worker_requirements
from serving.manifest import Library

if TYPE_CHECKING:
    from commands.pickles.inspection import Inspection


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`folder` is None where this Python's own will do; `libraries` is what a manifest says of them."""

    folder: Path | None
    libraries: Mapping[str, Library]

    def variables(self) -> dict[str, str]:
        """os.environ for a process that is to run under it."""
        if self.folder is None:
            return dict(os.environ)
        rest = os.environ.get("PYTHONPATH")
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *([rest] if rest else [])])}


def environment_for(project_dir: Path, inspection: "Inspection") -> Environment:
    """For a pickle: the versions that it was made with, and what goes with them.

    Raises ModelRefused when they can't be had here, ConfigurationError when requirements.txt does not go with them.
    """
    libraries = libraries_of(project_dir, inspection)
    found = environment_of(project_dir, {name: library.version for name, library in libraries.items()})
    return Environment(folder=found.folder, libraries=libraries)


def environment_of(project_dir: Path, versions: Mapping[str, str]) -> Environment:
    """For a model whose manifest names its versions; raises what `environment_for` raises."""
    here = are_here(project_dir, versions)
    libraries = {n: Library(version=v, read_from="machine" if here else "resolved") for n, v in versions.items()}
    if here:
        return Environment(folder=None, libraries=libraries)
    listed = worker_requirements(project_dir, Target.here(), versions, CACHE)
    what = Extras.read(project_dir, Target.here()).reason(versions)
    return Environment(folder=installed_folder(listed, CACHE, what).resolve(), libraries=libraries)
