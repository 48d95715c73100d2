"""Writes the built form for a static host: with the API's address, and a policy that lets the page call it alone."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json

from serving.errors import ServingError

CONFIG = "config.json"
SELF = "connect-src 'self'"


def write_form(dist: Path, folder: Path, api: str, service: dict[str, Any]) -> None:
    """Put the form into `folder`, in place of a form that is there; `service` is shown until the API itself answers.

    Only what a form consists of is replaced: a `.git` or a `CNAME` beside it stays.
    Raises ServingError: `api` is no address, or the folder holds something else.
    """
    parts = urlsplit(api)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ServingError(f"{api} is no address of an API: it begins with https:// (or http://).")
    if folder.exists() and not (folder.is_dir() and (_is_form(folder) or not any(folder.iterdir()))):
        raise ServingError(f"{folder} holds something else than a form: choose another folder with --out.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".form-") as made:
        new = Path(made) / "form"
        shutil.copytree(dist, new, ignore=shutil.ignore_patterns(".*"))
        page = (new / "index.html").read_text(encoding="utf-8")
        if SELF not in page:
            raise ServingError(f"{dist / 'index.html'} has no {SELF}: build it again with `cli form`.")
        origin = f"{parts.scheme}://{parts.netloc}"
        (new / "index.html").write_text(page.replace(SELF, f"{SELF} {origin}"), encoding="utf-8")
        (new / CONFIG).write_text(config(api.rstrip("/"), service), encoding="utf-8")
        (new / ".nojekyll").touch()  # GitHub Pages takes the files as they are
        folder.mkdir(exist_ok=True)
        for path in new.iterdir():
            place = folder / path.name
            if place.is_dir():
                shutil.rmtree(place)
            path.replace(place)


def _is_form(folder: Path) -> bool:
    """Whether this was written here before: other tools call their files config.json, too."""
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.keys() == {"api", "service"}


def config(api: str, service: dict[str, Any]) -> str:
    """What stands beside the page: JSON, whatever form.yml holds, dates among it."""
    return to_json({"api": api, "service": service}, inf_nan_mode="null").decode()
