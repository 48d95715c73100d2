"""cli dead-letters list | show | redrive | delete: what the service gave up on, kept whole."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from commands.console import confirm, fail, out, plain_errors, row_progress, say
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption, YesOption
from commands.reach import reach
from serving.adapters import Backend
from serving.errors import PayloadLost
from serving.ports import DeadLetter, LetterKey
from serving.prediction import iso

READ = 100
"""Letters that `list` opens: each is a call of its own on AWS."""
THREADS = 8
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which ones.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of them.")]

app = typer.Typer(no_args_is_help=True, help="Messages that the service gave up on, kept whole.")


@app.command("list")
def list_(
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters, oldest first.

    The table has the first 100, with their reasons. --json has all of them; after the first 100 the reason is null.
    """
    with plain_errors():
        letters = reach(project, state_dir, stage)[1].dead_letters
        keys = letters.keys()
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda key: letters.find(key.id), keys[:READ]))
        reasons = [letter.reason if letter else None for letter in found] + [None] * len(keys[READ:])
        if as_json:
            out.print_json(
                json.dumps(
                    [
                        {"id": key.id, "reason": reason, "died_at": iso(key.died_at)}
                        for key, reason in zip(keys, reasons, strict=True)
                    ]
                )
            )
            return
        if not keys:
            say("No dead letters.")
            return
        table = Table("id", "died at", "reason", box=None)
        for key, reason in zip(keys[:READ], reasons, strict=False):
            table.add_row(key.id, iso(key.died_at), escape(reason or ""))
        out.print(table)
        if len(keys) > READ:
            say(f"… and {len(keys) - READ} more")


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The prediction_id.")],
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
) -> None:
    """Print one dead letter, whole, as JSON."""
    with plain_errors():
        backend = reach(project, state_dir, stage)[1]
        letter = _letter(backend, id)
        try:
            records: object = backend.queue.open(letter.body).records()
        except (ValueError, PayloadLost):
            records = letter.body
        out.print_json(
            json.dumps({"id": letter.id, "reason": letter.reason, "died_at": iso(letter.died_at), "records": records})
        )


@app.command()
def redrive(
    ids: IdsArgument = None,
    everything: AllOption = False,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
) -> None:
    """Queue dead letters again; their new answer replaces the failure, once."""
    with plain_errors():
        backend = reach(project, state_dir, stage)[1]
        wanted = [key.id for key in _wanted(backend, ids, everything, to="try again")]
        count = 0
        refused: list[str] = []
        try:
            with row_progress() as progress:
                for id_ in progress.track(wanted, description="queued again"):
                    letter = backend.dead_letters.find(id_)
                    if letter is None:
                        continue  # somebody else's redrive, or it was erased
                    problem = _redriven(backend, letter)
                    count += problem is None
                    refused += [] if problem is None else [f"{id_} can't be tried again: {problem}"]
        finally:
            for line in refused:
                say(line)
            say(f"{count} dead letters are queued again.")


@app.command()
def delete(
    ids: IdsArgument = None,
    everything: AllOption = False,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    yes: YesOption = False,
) -> None:
    """Give dead letters up for good; their predictions stay failed."""
    with plain_errors():
        backend = reach(project, state_dir, stage)[1]
        wanted = _wanted(backend, ids, everything, to="delete")
        confirm(f"Delete {len(wanted)} dead letters? Nothing can try them again.", yes)
        for key in wanted:
            backend.dead_letters.remove(key)
        say(f"{len(wanted)} dead letters are deleted.")


def _wanted(backend: Backend, ids: list[str] | None, everything: bool, *, to: str) -> Sequence[LetterKey]:
    """Those that are named, and none of them when a name is wrong."""
    if everything:
        return backend.dead_letters.keys()
    if not ids:
        fail(f"Name the dead letters to {to}, or give --all.")
    return [_letter(backend, id_) for id_ in ids]


def _redriven(backend: Backend, letter: DeadLetter) -> str | None:
    """Queue it again, or say why that can't be done. Raises QueueUnavailable."""
    try:
        message = backend.queue.open(letter.body)
    except (ValueError, PayloadLost) as error:
        return str(error)
    backend.queue.send([message._replace(redriven=True)])  # queued first: a crash here costs nothing
    backend.dead_letters.remove(letter)  # and not what has died meanwhile
    return None


def _letter(backend: Backend, id: str) -> DeadLetter:
    found = backend.dead_letters.find(id)
    return found or fail(f"There is no dead letter {id}: see `cli dead-letters list`.")
