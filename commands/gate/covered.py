"""Whether the worker will find every module that the pickle names: its own, the project's, requirements.txt's."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from commands.deployment import CACHE
from commands.environments.distributions import OTHER_NAMES, distributions_of
from commands.gate.finding import Finding, Level, failed, passed
from commands.packaging.extras import Extras
from commands.packaging.sources import NOT_SERVED, has_module
from commands.packaging.target import Target
from commands.packaging.versions import pins, worker_requirements
from commands.pickles.inspection import Inspection
from serving.errors import ModelRefused

CHECK = "requirements"
CARRIED = {"sklearn", "numpy", "scipy", "pandas", "joblib", "threadpoolctl", "pydantic", "yaml"}
"""What every worker has."""
XGBOOST = "xgboost-cpu{pin}; sys_platform != 'darwin'\nxgboost{pin}; sys_platform == 'darwin'"
"""xgboost itself brings CUDA, which no Lambda holds; the small one has no build for macOS."""


def covered(project: Path, inspection: Inspection) -> Finding:
    """Passed, or failed with the lines to add to requirements.txt."""
    foreign = [name for name in inspection.imports if name not in CARRIED and not _of_project(project, name)]
    missing = _uncovered(project, foreign)
    unserved = [module for module in missing if _trains(project, module)]
    if unserved:
        name = unserved[0]
        return failed(
            CHECK,
            f"The pickle names classes of {name}.py, which is not served: move them into a module of their own beside "
            f"validation.py, import it in {name}.py, and train again.",
        )
    unknown = [module for module in missing if not _known(module)]
    if unknown:
        name = unknown[0]
        return failed(
            CHECK,
            f"The pickle needs the module {name}: put {name}.py into {project}, or the package it comes from into "
            "requirements.txt.",
        )
    if missing:
        lines = "\n".join(_line(module) for module in missing)
        return failed(CHECK, f"Add to {project / 'requirements.txt'} what the pickle needs:", lines)
    others = [module for module in inspection.imports if module not in CARRIED]
    return passed(CHECK, f"The worker will find {', '.join(others) or 'all that the pickle names'}.")


def check_covered(project: Path, inspection: Inspection) -> None:
    """Raises ModelRefused: nothing is loaded that names modules nobody has vouched for."""
    finding = covered(project, inspection)
    if finding.level is Level.FAILED:
        raise ModelRefused(finding.told)


def _uncovered(project: Path, modules: Sequence[str]) -> list[str]:
    """Those that requirements.txt does not bring, nor what it brings along."""
    extras = Extras.read(project, Target.here())
    missing = [module for module in modules if extras.names.isdisjoint(distributions_of(module))]
    if missing and not extras.empty:
        brought = pins(worker_requirements(project, Target.here(), {}, CACHE))
        missing = [module for module in missing if brought.keys().isdisjoint(distributions_of(module))]
    return missing


def _of_project(project: Path, module: str) -> bool:
    return has_module(project, module) and not _trains(project, module)


def _trains(project: Path, module: str) -> bool:
    return f"{module}.py" in NOT_SERVED and (project / f"{module}.py").is_file()


def _known(module: str) -> bool:
    return module in OTHER_NAMES or module in metadata.packages_distributions() or module in {"lightgbm", "catboost"}


def _line(module: str) -> str:
    name = distributions_of(module)[0]
    try:
        pin = f"=={metadata.version(name)}"
    except metadata.PackageNotFoundError:
        pin = ""
    return XGBOOST.format(pin=pin) if module == "xgboost" else f"{name}{pin}"
