"""A run's page in Markdown: where the service is, what it serves, how large and how quick it is."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from commands.packaging.sizes import MIB
from serving.errors import ServingError

SHOWN = 8
"""Packages of a zip that are named."""


def read_document(path: Path) -> Mapping[str, Any]:
    """What a command printed with --json. Raises ServingError."""
    try:
        document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServingError(f"{path} can't be read: {error}. It is what a command prints with --json.") from error
    return document


def deployment_part(deployed: Mapping[str, Any], form: str) -> str:
    """Of `cli deploy --json`; `form` is the address of the web form, if there is one."""
    model, seconds = deployed["smoke_test"]["model"], deployed["seconds"]
    rows = {
        "Endpoint": deployed["endpoint"],
        "Form": form,
        "Stack": f"`{deployed['stack']}`",
        "Model": f"`{model['tag']}`, sha256 `{model['sha256']}`",
        "First request": f"{seconds['first_request']:.2f} s, with the start of the API's Lambda",
        "First prediction": f"{seconds['first_prediction']:.2f} s, with the start of the worker's",
    }
    lines = ["## Deployed", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in rows.items() if text]
    answer = json.dumps(deployed["smoke_test"]["result"], ensure_ascii=False)
    lines += ["", "The example was answered with", "", "```json", answer, "```"]
    return "\n".join([*lines, "", "```bash", deployed["curl"].strip(), "```", ""])


def sizes_part(sizes: Mapping[str, Any]) -> str:
    """Of `cli package --json`: each zip beside what Lambda takes, and what is large in it."""
    lines = ["## Sizes", "", "| zip | MiB | of Lambda's 250 | zipped | the largest |", "|---|--:|--:|--:|---|"]
    for name, zipped in sizes.items():
        rows = sorted(zipped["packages"], key=lambda row: -int(row["compiled"]))[:SHOWN]
        largest = ", ".join(f"{row['package']} {row['compiled'] / MIB:.1f}" for row in rows)
        lines.append(
            f"| {name} | {zipped['counted'] / MIB:.1f} | {zipped['counted'] / zipped['limit']:.0%} "
            f"| {(zipped['zipped'] or 0) / MIB:.1f} | {largest} |"
        )
    return "\n".join([*lines, ""])


def output_lines(deployed: Mapping[str, Any]) -> Iterator[str]:
    """NAME=VALUE, as $GITHUB_OUTPUT takes them."""
    model = deployed["smoke_test"]["model"]
    yield f"endpoint={deployed['endpoint']}"
    yield f"model-tag={model['tag']}"
    yield f"model-sha256={model['sha256']}"
