"""cli keys: the API keys that clients show, and the key that signs receipts."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from commands.console import confirm, err, out, plain_errors, say
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption, YesOption
from commands.reach import reach
from serving.keys import KeyRing
from serving.prediction import iso

app = typer.Typer(no_args_is_help=True, help="API keys, and the key that signs receipts.")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")]


@app.command()
def create(
    name: NameArgument,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
) -> None:
    """Make an API key and print it, once; from then on POST and DELETE need one."""
    with plain_errors():
        key = _ring(project, state_dir, stage).create_api_key(name)
        err.print("In force within a minute. It is shown only now:")
        say(key)


@app.command("list")
def list_(
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the API keys by name."""
    with plain_errors():
        keys = _ring(project, state_dir, stage).api_keys()
        if as_json:
            out.print_json(json.dumps([{"name": k.name, "created_at": iso(k.created_at)} for k in keys]))
            return
        if not keys:
            say("No API keys: everybody may ask for predictions.")
            return
        table = Table("name", "created at", box=None)
        for key in keys:
            table.add_row(key.name, iso(key.created_at))
        out.print(table)


@app.command()
def revoke(
    name: NameArgument,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    yes: YesOption = False,
) -> None:
    """Refuse an API key from now on (within a minute)."""
    with plain_errors():
        ring = _ring(project, state_dir, stage)
        if [key.name for key in ring.api_keys()] == [name]:
            confirm(f"{name} is the last key: without one, everybody may ask for predictions. Revoke it?", yes)
        ring.revoke_api_key(name)
        say(f"{name} is refused within a minute.")


@app.command()
def rotate(
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    yes: YesOption = False,
) -> None:
    """Sign receipts with a new key; those already given out stay valid."""
    with plain_errors():
        confirm("Make a new signing key?", yes)
        keys = _ring(project, state_dir, stage).rotate()
        when = iso(keys[-1].use_from)
        say(f"There are {len(keys)} signing keys; the new one signs from {when} on.")


def _ring(project: Path | None, state_dir: Path | None, stage: str | None) -> KeyRing:
    settings, backend = reach(project, state_dir, stage)
    return KeyRing(backend.predictions, ttl=settings.result_ttl)
