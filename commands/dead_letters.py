"""cli dead-letters list | show | redrive: what the service gave up on, kept whole."""

import json
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table

from commands.console import fail, out, plain_errors, say
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption
from commands.reach import reach
from serving.adapters import Backend
from serving.ports import DeadLetter
from serving.prediction import Message, iso

app = typer.Typer(no_args_is_help=True, help="Messages that the service gave up on, kept whole.")


@app.command("list")
def list_(
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters, oldest first."""
    with plain_errors():
        letters = reach(project, state_dir, stage)[1].dead_letters.list()
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
    stage: DeployedOption = None,
) -> None:
    """Print one dead letter, whole, as JSON."""
    with plain_errors():
        letter = _letter(reach(project, state_dir, stage)[1], id)
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
    stage: DeployedOption = None,
) -> None:
    """Queue dead letters again; their new answer replaces the failure, once."""
    with plain_errors():
        backend = reach(project, state_dir, stage)[1]
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


def _letter(backend: Backend, id: str) -> DeadLetter:
    found = next((letter for letter in backend.dead_letters.list() if letter.id == id), None)
    return found or fail(f"There is no dead letter {id}: see `cli dead-letters list`.")
