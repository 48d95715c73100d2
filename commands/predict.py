"""cli predict, cli result: a file's rows to the service, and their predictions back."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from commands.address import address
from commands.console import err, fail
from commands.options import DeployedOption, ProjectOption, StateOption
from serving.errors import ServingError
from serving.settings import Settings

if TYPE_CHECKING:
    from commands.batch.journal import Written
    from commands.batch.running import Connection

LOCAL = "http://127.0.0.1:8000"
SERVED = f"that of `cli serve`, else {LOCAL}"
SENT_TO = f"FILE's, else {SERVED}"
UrlOption = Annotated[
    str | None, typer.Option("--url", envvar="SERVICE_URL", help="Where the service is.", show_default=SERVED)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Overwrite --out if it is there already.")]
PatienceOption = Annotated[
    float,
    typer.Option("--patience", min=0, metavar="SECONDS", help="How long to try when the service has no answer."),
]
SOME_ROWS_FAILED = 3
INTERRUPTED = 130


def predict(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON, JSON Lines or CSV, as its suffix says; - reads stdin.")
    ],
    url: UrlOption = None,
    stage: DeployedOption = None,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Results: CSV for .csv, else JSON Lines.", show_default="stdout"),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Only send; `cli result` reads the results.")] = False,
    yes: YesOption = False,
    patience: PatienceOption = 120,
) -> None:
    """Predict every row of a file; with --out, the same command goes on after
    an interruption.

    The output holds each row's own columns, its prediction and probabilities,
    or its error. Columns that the model does not know are kept, and not sent.
    An API key is read from the environment variable API_KEY.

    Exit codes: 0 all rows succeeded, 1 an error ended the command, 3 all is
    done but some rows failed, 130 interrupted.
    """
    with _told_plainly(out):
        from commands.batch.records import read_source
        from commands.batch.running import run_predict, run_send  # httpx takes a quarter of a second

        source = read_source(file)
        run = run_send if no_wait else run_predict
        started = time.monotonic()
        connection = _connection(url or _where(stage, project, state_dir), patience)
        ending = asyncio.run(run(source, connection, out, yes=yes))
        _conclude(ending, "sent" if no_wait else "predicted", time.monotonic() - started, out)


def result(
    which: Annotated[str, typer.Argument(metavar="ID|FILE", help="A prediction_id, or a file that --no-wait wrote.")],
    url: Annotated[
        str | None,
        typer.Option("--url", envvar="SERVICE_URL", help="Where the service is.", show_default=SENT_TO),
    ] = None,
    stage: DeployedOption = None,
    project: ProjectOption = None,
    state_dir: StateOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Results: CSV for .csv, else JSON.", show_default="stdout"),
    ] = None,
    yes: YesOption = False,
    patience: PatienceOption = 120,
) -> None:
    """Wait for what was sent before, and print it.

    For an ID: the prediction as the service shows it. For a FILE written by
    `cli predict --no-wait`: all results in the order of the rows, as JSON
    Lines, or as CSV if --out ends with .csv.

    Exit codes: 0 all rows succeeded, 1 an error ended the command or the
    prediction failed, 3 all is done but some rows failed, 130 interrupted.
    """
    with _told_plainly(out):
        from commands.batch.accepted import read_receipts
        from commands.batch.running import run_fetch, run_result, show

        path = Path(which)
        if path.is_file():
            receipts = read_receipts(path)
            started = time.monotonic()
            sent_to = url or (receipts.url if stage is None else _where(stage, project, state_dir))
            ending = asyncio.run(run_result(receipts, _connection(sent_to, patience), out, yes=yes))
            _conclude(ending, "read", time.monotonic() - started, out)
            return
        if path.suffix or len(path.parts) > 1:
            fail(f"There is no {which}.")
        if out is not None and out.exists() and not yes:
            fail(f"{out} is there already: --yes overwrites it, or name another file.")
        connection = _connection(url or _where(stage, project, state_dir), patience)
        _tell_failures(show(asyncio.run(run_fetch(which, connection)), out))


def _where(stage: str | None, project: Path | None, state_dir: Path | None) -> str:
    """Where the service is: what `--stage` has deployed, or what is served on this machine."""
    if stage is None:
        return address(Settings.read(project_dir=project, state_dir=state_dir).state_dir) or LOCAL
    from commands.aws.stack import deployed

    return deployed(project, stage).endpoint


def _connection(url: str, patience: float) -> "Connection":
    from commands.batch.running import Connection

    return Connection(url.rstrip("/"), os.environ.get("API_KEY") or None, patience)


def _conclude(ending: "Written", verb: str, seconds: float, out: Path | None) -> None:
    """What happened, in a line."""
    where = f": {out}" if out is not None else ""
    _say(f"{ending.rows - ending.failed:,} of {ending.rows:,} rows {verb} in {seconds:.1f} s{where}")
    if ending.left_out:
        names = ", ".join(ending.left_out)
        _say(f"Left out: {names}. The model changed on the way, after the header was written.")
    _tell_failures(ending)


def _tell_failures(ending: "Written") -> None:
    """The first few rows that failed, and exit code 3."""
    if not ending.failed:
        return
    _say(f"{ending.failed:,} of {ending.rows:,} rows failed:", "red")
    for number, message in ending.examples:
        _say(f"  row {number:,}: {message}")
    if ending.failed > len(ending.examples):
        _say(f"  … and {ending.failed - len(ending.examples):,} more: the output says why, row by row")
    raise typer.Exit(SOME_ROWS_FAILED)


def _say(text: str, style: str | None = None) -> None:
    err.print(escape(text), style=style, highlight=False, soft_wrap=True)


@contextmanager
def _told_plainly(out: Path | None) -> Iterator[None]:
    """Every way to end early is one message; it says so when the same command goes on."""
    try:
        yield
    except ServingError as error:
        fail(f"{error}{_hint(error, out)}")
    except BrokenPipeError:
        raise  # `| head`: click ends quietly
    except OSError as error:
        fail(f"{error.filename or out or 'stdout'}: {error.strerror or error}")
    except KeyboardInterrupt:
        if _unfinished(out):
            _say(f"Interrupted. The same command goes on where it stopped: {out}")
        else:
            kept = "" if out is not None else " and nothing is kept: with --out, the same command could go on"
            _say(f"Interrupted{kept}.")
        raise typer.Exit(INTERRUPTED) from None


def _hint(error: ServingError, out: Path | None) -> str:
    from commands.batch.client import OutOfPatience, Refused

    goes_on = isinstance(error, OutOfPatience | Refused) and _unfinished(out)
    return "\nThe same command goes on where it stopped." if goes_on else ""


def _unfinished(out: Path | None) -> bool:
    from commands.batch.delivery import journal_path

    return out is not None and journal_path(out).exists()
