"""Which versions a pickle is to run under: those that it names, this Python's, or what uv finds to go with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from commands.deployment import CACHE
from commands.environments.distributions import libraries_in
from commands.packaging.ceilings import OLDEST
from commands.packaging.extras import Extras
from commands.packaging.target import Target
from commands.packaging.versions import pins, worker_requirements
from serving.errors import ModelRefused
from serving.manifest import Library
from worker.libraries import DATA_STACK, TWINS, installed

if TYPE_CHECKING:
    from commands.pickles.inspection import Inspection


def libraries_of(project_dir: Path, inspection: "Inspection", target: Target | None = None) -> Mapping[str, Library]:
    """The libraries that the model needs, by distribution, in the versions that it will run under on the target.

    `target` is this machine where none is given. Nothing is installed; uv is asked where this Python's versions are not
    those of the pickle, or requirements.txt wants more.

    Raises ModelRefused for a scikit-learn that is too old or can't be had, ConfigurationError when nothing fits.
    """
    target = target or Target.here()
    read = {str(canonicalize_name(name)): version for name, version in inspection.versions.items()}
    check_supported(inspection.path.name, read.get("scikit-learn"))
    extras = Extras.read(project_dir, target)
    names = libraries_in(project_dir, inspection.imports, extras.names)
    wanted = {name: read[each] for name in names for each in (name, TWINS.get(name)) if each in read}
    found = {name: version for name in names if (version := installed(name))}
    if not (found.keys() >= set(names) and wanted.items() <= found.items() and extras.met_here):
        found = pins(worker_requirements(project_dir, target, wanted, CACHE))
        origin = "resolved"
    else:
        origin = "machine"
    return {
        name: Library(version=found[name], read_from="file" if name in wanted else origin)
        for name in names
        if name in found
    }


def are_here(project_dir: Path, versions: Mapping[str, str]) -> bool:
    """Whether this Python has all that a model and its project's requirements.txt ask for."""
    same = all(installed(str(canonicalize_name(name))) == version for name, version in versions.items())
    return same and Extras.read(project_dir, Target.here()).met_here


def check_supported(file: str, scikit_learn: str | None) -> None:
    """Raises ModelRefused for a model of a scikit-learn whose pickles are not run."""
    try:
        known = scikit_learn is None or Version(scikit_learn) >= Version(OLDEST)
    except InvalidVersion as error:
        raise ModelRefused(f"{file} names {scikit_learn!r} as its scikit-learn, which is no version.") from error
    if not known:
        present = " ".join(f'"{name}=={installed(name)}"' for name in DATA_STACK if installed(name))
        raise ModelRefused(
            f"{file} was made with scikit-learn {scikit_learn}, and models of {OLDEST} and later are run: train it "
            f"again, after `pip install {present}` beside your training code."
        )
