"""The other files of a project as text: form.yml, example.json, service.toml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from commands.scaffold.names import service_name, title_of


def form(folder: Path, target: str | None) -> str:
    """form.yml: `units` where the target's name is known."""
    title = title_of(folder.name, 0)[0]
    units = ""
    if target is not None:
        answer, measured_in = title_of(target, 0)
        units = f"units: {_scalar(measured_in or answer.lower())}\n"
    return (
        "# check: these are suggestions; people read them above the form.\n"
        f"title: {_scalar(title)}\n{units}"
        "home:\n"
        f"  - title: {_scalar(f'What does {title} predict?')}\n"
        "    subtitle: One record in, one prediction out.\n"
        "    content: >-\n"
        "      Enter the values of one record, and the model answers. Say here what the model was trained on,\n"
        "      who it is for, and what its answer means.\n"
    )


def example(record: Mapping[str, Any]) -> str:
    """example.json."""
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def service(folder: Path) -> str:
    """service.toml."""
    return (
        "# What `cli` and the deployment need to know; each is also an environment variable.\n"
        f'name = "{service_name(folder.name)}"\nstage = "dev"\n'
    )


def _scalar(text: str) -> str:
    """Quoted where YAML would take it for something else."""
    return yaml.safe_dump(text, allow_unicode=True, width=1_000).removesuffix("...\n").strip()
