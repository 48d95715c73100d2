"""cli dead-letters list | show | redrive: what the service gave up on, kept whole."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from commands.console import fail, out, plain_errors, say
from commands.models import JsonOption
from serving.adapters import Backend
from serving.backend import connect
from serving.ports import DeadLetter
from serving.prediction import Message, iso
from serving.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Messages that the service gave up on, kept whole.")

StateOption = Annotated[Path | None, typer.Option("--state-dir", help="Where the queue is.", show_default=".state")]
ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="Folder with validation.py.", show_default="this one")
]


@app.command("list")
def list_(project: ProjectOption = None, state_dir: StateOption = None, as_json: JsonOption = False) -> None:
    """List the dead letters, oldest first."""
    with plain_errors():
        letters = _backend(project, state_dir).dead_letters.list()
        if as_json:
            out.print_json(json.dumps([{"id": d.id, "reason": d.reason, "died_at": iso(d.died_at)} for d in letters]))
            return
        if not letters:
            say("No dead letters.")
            return
        table = Table("id", "died at", "reason", box=None)
        for letter in letters:
            table.add_row(letter.id, iso(letter.died_at), letter.reason)
        out.print(table)


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The prediction_id.")],
    project: ProjectOption = None,
    state_dir: StateOption = None,
) -> None:
    """Print one dead letter, whole, as JSON."""
    with plain_errors():
        letter = _letter(_backend(project, state_dir), id)
        try:
            message = Message.from_text(letter.body)
            records: object = message.records()
        except ValueError:
            records = letter.body
        out.print_json(
            json.dumps({"id": letter.id, "reason": letter.reason, "died_at": iso(letter.died_at), "records": records})
        )


@app.command()
def redrive(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which ones.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    project: ProjectOption = None,
    state_dir: StateOption = None,
) -> None:
    """Queue dead letters again; their new answer replaces the failure, once."""
    with plain_errors():
        backend = _backend(project, state_dir)
        if not ids and not everything:
            fail("Name the dead letters to try again, or give --all.")
        letters = backend.dead_letters.list() if everything else [_letter(backend, id_) for id_ in ids or []]
        count = 0
        for letter in letters:
            try:
                message = Message.from_text(letter.body)
            except ValueError:
                say(f"{letter.id} was not written by this service and can't be tried again.")
                continue
            backend.queue.send([replace(message, redriven=True)])  # queued first: a crash here costs nothing
            backend.dead_letters.remove(letter.id)
            count += 1
        say(f"{count} dead letters are queued again.")


def _backend(project: Path | None, state_dir: Path | None) -> Backend:
    return connect(Settings.read(project_dir=project, state_dir=state_dir))


def _letter(backend: Backend, id: str) -> DeadLetter:
    found = next((letter for letter in backend.dead_letters.list() if letter.id == id), None)
    return found or fail(f"There is no dead letter {id}: see `cli dead-letters list`.")
