"""The versions of libraries that a model file tells by itself."""

import re
from typing import Any

from packaging.version import InvalidVersion, Version

from commands.pickles.findings import Findings
from commands.pickles.stand_ins import Made

# numpy, scipy and pandas leave none; LightGBM's is that of its format.
_XGBOOST = re.compile(rb'version\[#L\0{7}\x03i([\0-\x7f])i([\0-\x7f])i([\0-\x7f])|"version":\[(\d+),(\d+),(\d+)\]')


def versions(findings: Findings) -> tuple[dict[str, str], list[str]]:
    """By distribution, the newest where parts differ; and the other versions of scikit-learn, oldest first."""
    scikit_learn = sorted(version for text in findings.scikit_learn if (version := _version(text)) is not None)
    boosters = [version for booster in findings.boosters if (version := _xgboost(booster)) is not None]
    found = {"scikit-learn": max(scikit_learn, default=None), "xgboost": max(boosters, default=None)}
    return (
        {name: str(version) for name, version in found.items() if version is not None},
        [str(version) for version in scikit_learn[:-1]],
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _xgboost(booster: Made) -> Version | None:
    handle: Any = booster.attributes.get("handle") if booster.module.startswith("xgboost.") else None
    if isinstance(handle, Made) and handle.qualified == "builtins.bytearray" and handle.arguments:
        handle = handle.arguments[0]  # of protocols before 5
    if isinstance(handle, Made) and handle.qualified == "_codecs.encode":  # and before 3
        handle = handle.arguments[0].encode("latin-1", "replace") if isinstance(handle.arguments[0], str) else None
    found = _XGBOOST.search(handle) if isinstance(handle, bytes | bytearray) else None
    if found is None:
        return None
    parts = [str(part[0]) if found[1] is not None else part.decode() for part in found.groups() if part is not None]
    return Version(".".join(parts))
