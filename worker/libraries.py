"""The libraries that a model depends on, as they are installed where this runs; imports none of them."""

import re
from functools import cache
from importlib import metadata

from serving.manifest import Manifest

DATA_STACK = ("scikit-learn", "numpy", "scipy", "pandas")
TWINS = {"xgboost": "xgboost-cpu", "xgboost-cpu": "xgboost"}
"""One library under two names: the second one comes without CUDA."""
_VERSION = re.compile(r"^Version: *(\S+)$", re.MULTILINE)


@cache
def installed(name: str) -> str | None:
    """The version of a distribution, or of its twin; None when neither is installed."""
    for each in (name, TWINS.get(name, name)):
        try:
            found = metadata.distribution(each)
        except metadata.PackageNotFoundError:
            continue
        # `found.version` parses all that scikit-learn and scipy say of themselves, which takes a start 10 ms.
        headers = (found.read_text("METADATA") or "").partition("\n\n")[0]
        said = _VERSION.search(headers)
        return said[1] if said else found.version
    return None


def check_versions(manifest: Manifest) -> str | None:
    """What keeps the model from running here, in one sentence; None when every library is the one that it names."""
    others = [name for name, version in manifest.versions.items() if installed(name) != version]
    if not others:
        return None
    needed = _listed([f"{name} {manifest.versions[name]}" for name in others])
    here = _listed([installed(name) or f"no {name}" for name in others])
    return (
        f"Model {manifest.tag} needs {needed}, and this worker has {here}: `cli serve`, started again, brings what "
        f"it needs; on AWS `cli deploy --tag {manifest.tag}` does."
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
