"""cli inspect: what a model file holds, found out without loading it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from commands.console import out, plain_errors, say
from commands.options import JsonOption
from commands.pickles.advice import advice
from commands.pickles.inspection import Inspection, inspect_model


def inspect(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A pickle or joblib file.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Show what a model file holds, without running anything in it."""
    with plain_errors():
        inspection = inspect_model(path)
        lines = advice(inspection)
    if as_json:
        out.print_json(json.dumps({**_document(inspection), "advice": lines}))
    else:
        out.print(_table(inspection))
        if inspection.harmful:
            say(f"\n{path} is dangerous: don't load it.")
        elif inspection.dangers:
            say(f"\n{path} could do anything when it is loaded, and nobody can tell what: no command loads it.")
        if lines is not None:
            say(f"\nWhat makes a Pipeline of it that can be served:\n\n{lines}")
    if inspection.dangers:
        raise typer.Exit(1)


def _document(inspection: Inspection) -> dict[str, Any]:
    return {
        "path": str(inspection.path),
        "holds": inspection.shape.text,
        "kind": inspection.shape.kind,
        "format": inspection.format,
        "compression": inspection.compression,
        "protocol": inspection.protocol,
        "size": inspection.size,
        "sha256": inspection.sha256,
        "versions": dict(inspection.versions),
        "older_versions": list(inspection.older),
        "imports": list(inspection.imports),
        "custom": list(inspection.custom),
        "main": list(inspection.main),
        "names": list(inspection.names),
        "dangers": [{"name": danger.name, "reason": danger.reason} for danger in inspection.dangers],
        "scanner": inspection.scanner,
        "verdict": inspection.verdict,
    }


def _table(inspection: Inspection) -> Table:
    table = Table(show_header=False, box=None)
    older = f" (parts of it {', '.join(inspection.older)})" if inspection.older else ""
    verdict = "unclear" if inspection.dangers and not inspection.harmful else inspection.verdict
    written = [inspection.format, f"protocol {inspection.protocol}", inspection.compression]
    rows = {
        "holds": inspection.shape.text,
        "format": ", ".join(filter(None, written)),
        "size": f"{inspection.size:,} bytes",
        "sha256": inspection.sha256,
        "made with": ", ".join(f"{name} {version}" for name, version in inspection.versions.items()) + older,
        "imports": ", ".join(inspection.imports),
        "custom": "\n".join(inspection.custom),
        "of __main__": "\n".join(inspection.main),
        "dangers": "\n".join(f"{danger.name} {danger.reason}" for danger in inspection.dangers),
        "verdict": f"{verdict} ({inspection.scanner} and this project's own rules)",
    }
    for name, value in rows.items():
        table.add_row(name, escape(value) or "–")
    return table
