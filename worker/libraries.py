"""The libraries that a model depends on, as they are installed where this runs; imports none of them."""

from functools import cache
from importlib import metadata

from serving.manifest import Manifest

DATA_STACK = ("scikit-learn", "numpy", "scipy", "pandas")
TWINS = {"xgboost": "xgboost-cpu", "xgboost-cpu": "xgboost"}
"""One library under two names: the second one comes without CUDA."""


@cache  # half a millisecond each: pandas describes itself at length
def installed(name: str) -> str | None:
    """The version of a distribution, or of its twin; None when neither is installed."""
    for each in (name, TWINS.get(name, name)):
        try:
            return metadata.version(each)
        except metadata.PackageNotFoundError:
            continue
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
