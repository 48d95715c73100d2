"""In the child: whether the libraries that Python really finds are those that the model is to run under."""

import importlib
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from serving.errors import ModelRefused
from worker.libraries import installed

_MODULES = {"numpy": "numpy", "scipy": "scipy", "pandas": "pandas", "scikit-learn": "sklearn"}
"""Each after those that it imports, so that the one that is to blame is named."""


def check_libraries(versions: Mapping[str, str]) -> None:
    """Raises ModelRefused for a library of another version, and for another module in its place."""
    for name in sorted(versions, key=lambda name: [*_MODULES, name].index(name)):
        version = versions[name]
        found = _imported(name, version) if name in _MODULES else installed(name)
        if found != version:
            place = _place(name) if name in _MODULES else None
            what = f"{name} {found}" if found else f"no {name}"
            raise _refused(name, version, f"Python finds {what}{f' in {place}' if place else ''}", place)


def _imported(name: str, version: str) -> str | None:
    """What the module itself says: metadata may speak of a folder that has gone, or that another one hides."""
    try:
        module = importlib.import_module(_MODULES[name])
    except Exception as error:  # whatever stands in its place runs code of its own
        reason = (str(error).strip() or repr(error)).splitlines()[0].rstrip(".")
        place = _place(name)
        what = f"what is in {place} in its place can't be imported" if place else "it can't be imported"
        raise _refused(name, version, f"{what} ({reason})", place) from error
    found = getattr(module, "__version__", None)
    return found if isinstance(found, str) else None


def _place(name: str) -> str | None:
    """The folder that Python takes the module from."""
    spec = find_spec(_MODULES[name])
    if spec is None:
        return None
    locations = list(spec.submodule_search_locations or [spec.origin or ""])
    return str(Path(locations[0]).parent)


def _refused(name: str, version: str, what: str, place: str | None) -> ModelRefused:
    hidden = place in os.environ.get("PYTHONPATH", "").split(os.pathsep)
    way = "take that folder out of PYTHONPATH" if hidden else f"install {name} {version} again"
    return ModelRefused(f"The model is to run under {name} {version}, and {what}: {way}.")
