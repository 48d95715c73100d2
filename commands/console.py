"""What every command shares: the two consoles, and how an error ends it."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from serving.errors import ServingError
from serving.redaction import redact

out = Console(width=None if sys.stdout.isatty() else 160)  # a pipe has no width: lines stay whole
err = Console(stderr=True)


def fail(message: str, code: int = 1) -> NoReturn:
    """One message, no traceback, a non-zero exit code."""
    err.print("[red]error:[/red]", escape(message), highlight=False, soft_wrap=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":  # shown above the log, too
        annotate("error", message)
    raise typer.Exit(code)


def annotate(level: str, message: str, title: str = "") -> None:
    """An error or a notice as GitHub Actions shows it on a run's page."""
    text = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    err.print(f"::{level}{f' title={title}' if title else ''}::{text}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Everything that this project raises on purpose ends the command with one message."""
    try:
        yield
    except ServingError as error:
        fail(str(error))


def say(message: str) -> None:
    """A line of output, as it is."""
    out.print(message, markup=False, highlight=False, soft_wrap=True)


def confirm(question: str, yes: bool) -> None:
    """Ask, unless --yes was given; where nobody can answer, say so instead of hanging."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question} Nobody is here to answer: add --yes.")
    typer.confirm(question, abort=True)


def byte_progress() -> Progress:
    """A bar for a file that is sent."""
    return Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=err)


def row_progress() -> Progress:
    """A bar for rows."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err
    )


def log_to_stderr(process: str, level: str, *, records: bool = False) -> None:
    """One readable line for each entry: time, process, level, text; `records`: whether errors may quote them."""
    logging.basicConfig(
        level=level, format=f"%(asctime)s {process:<9} %(levelname)-7s %(message)s", datefmt="%H:%M:%S", force=True
    )
    if not records:
        redact()
