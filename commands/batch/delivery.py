"""Slices in flight, their results in the order of the input, and a file that can be gone on with."""

import asyncio
import secrets
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from commands.batch.client import Refused
from commands.batch.journal import Journal, JournalUnusable, Slicing, Task, Written
from commands.batch.output import Format
from serving.errors import ServingError

IN_FLIGHT = 4
EXAMPLES = 5
Piece = TypeVar("Piece")
Made = TypeVar("Made")


class OutputTaken(ServingError):
    """--out is there already, and this command has not begun it."""


async def in_order(
    pieces: Iterable[Piece], work: Callable[[Piece], Awaitable[Made]], deliver: Callable[[Piece, Made], None]
) -> None:
    """`work` on a few pieces at once, `deliver` them one after the other. Raises what either raises."""

    async def worked(piece: Piece) -> tuple[Piece, Made]:
        return piece, await work(piece)

    window: deque[asyncio.Task[tuple[Piece, Made]]] = deque()
    try:
        for piece in pieces:
            window.append(asyncio.create_task(worked(piece)))
            await asyncio.sleep(0)  # it is on its way before the next one is cut
            if len(window) == IN_FLIGHT:
                deliver(*await window[0])
                window.popleft()
        while window:
            deliver(*await window[0])
            window.popleft()
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)


class Delivery:
    """The output and how far it is."""

    def __init__(self, journal: Journal, out: Path | None) -> None:
        self.journal = journal
        self._out = out
        # Not sys.stdout: while a progress bar is shown, rich sends that to stderr.
        self._stream: BinaryIO | None = sys.stdout.buffer if out is None else None
        self._seen = journal.written

    @property
    def written(self) -> Written:
        """With the rows that a format still holds."""
        return self._seen

    def write(self, text: str, form: Format | None, rows: int, failures: Sequence[tuple[int, str]]) -> None:
        """Append the text of the next `rows` rows, and note it once no row is held back."""
        size = self._append(text)
        self._seen = replace(
            self._seen,
            rows=self._seen.rows + rows,
            bytes=self._seen.bytes + size,
            failed=self._seen.failed + len(failures),
            examples=(*self._seen.examples, *failures)[:EXAMPLES],
            header=form.header if form else None,
            left_out=form.left_out if form else (),
        )
        if form is None or not form.holds:
            self.journal.write(self._seen)

    def close(self) -> None:
        if self._stream is not None and self._out is not None:
            self._stream.close()
        self.journal.close()

    def _append(self, text: str) -> int:
        """The file is opened with the first text: a run that is refused leaves what --yes would have replaced."""
        if self._stream is None and self._out is not None:
            self._stream = self._out.open("r+b" if self.journal.written.bytes else "wb")
            self._stream.truncate(self.journal.written.bytes)  # half a slice, from a run that was killed
            self._stream.seek(0, 2)
        assert self._stream is not None
        content = text.encode(errors="replace")
        self._stream.write(content)
        self._stream.flush()
        return len(content)


def journal_path(out: Path) -> Path:
    return out.with_name(f"{out.name}.progress.jsonl")


def find_journal(out: Path | None, task: Task, *, yes: bool) -> Journal | None:
    """The journal to go on with; None to begin. `yes` gives up what can't be gone on with.

    Raises JournalUnusable, OutputTaken.
    """
    if out is None:
        return None
    path = journal_path(out)
    if path.exists():
        try:
            return _fitting(Journal.load(path), out, task)
        except JournalUnusable:
            if not yes:
                raise
    elif out.exists() and not out.is_file():
        raise OutputTaken(f"{out} is not a file.")
    elif not yes and out.exists() and out.stat().st_size:
        raise OutputTaken(f"{out} is there already: --yes overwrites it, or name another file.")
    return None


def _fitting(journal: Journal, out: Path, task: Task) -> Journal:
    reason = ""
    if journal.task.input_sha256 != task.input_sha256:
        reason = "another input"
    elif journal.task.url != task.url:
        reason = f"another service ({journal.task.url})"
    elif journal.task != task:
        reason = f"another command (`cli {journal.task.task}`)"
    if reason:
        journal.close()
        raise JournalUnusable(
            f"{journal.path} belongs to {reason}, which is not finished. "
            f"Repeat that one, name another --out, or start over with --yes."
        )
    size = out.stat().st_size if out.exists() else 0
    if size < journal.written.bytes:
        journal.close()
        raise JournalUnusable(
            f"{out} has {size:,} bytes, and {journal.path} says {journal.written.bytes:,}: start over with --yes."
        )
    return journal


@contextmanager
def delivery(
    found: Journal | None, out: Path | None, task: Task, *, max_records: int = 0, max_body: int = 0
) -> Iterator[Delivery]:
    """A delivery whose journal is gone when the block is through, and stays when it ends in the middle."""
    slicing = Slicing(run_id=secrets.token_hex(16), max_records=max_records, max_body=max_body)
    journal = found or Journal.create(None if out is None else journal_path(out), task, slicing)
    made = Delivery(journal, out)
    try:
        yield made
        made.close()
        journal.remove()
    except Refused:
        if not journal.accepted and not journal.written.rows:
            journal.remove()  # nothing is lost with it, and a corrected input is not taken for another one
        raise
    finally:
        with suppress(OSError):
            made.close()
