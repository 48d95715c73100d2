"""A manifest as `cli upload` writes it, without the checks."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from serving.manifest import Library, Manifest, Scan, now
from serving.project import Project
from worker.libraries import DATA_STACK


def libraries(**versions: str) -> dict[str, Library]:
    """Libraries of these versions, `_` for `-` in a name; those of this Python when none are given."""
    named = {name.replace("_", "-"): version for name, version in versions.items()}
    chosen = named or {name: metadata.version(name) for name in DATA_STACK}
    return {name: Library(version=version, read_from="machine") for name, version in chosen.items()}


def manifest_of(content: bytes, *, tag: str = "v1", project: Path | None = None, **changes: Any) -> Manifest:
    """Of a model file's bytes, for the project's schema if one is given."""
    fields: dict[str, Any] = {
        "tag": tag,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "created_at": now(),
        "python": platform.python_version(),
        "libraries": libraries(),
        "imports": ["sklearn"],
        "scan": Scan(verdict="clean", scanner="test"),
        "feature_names": None,
        "schema_hash": Project.load(project).schema_hash if project else "0123456789abcdef",
    }
    return Manifest(**{**fields, **changes})
