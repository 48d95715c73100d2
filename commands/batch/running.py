"""The four runs behind `cli predict` and `cli result`: each connects, delivers, and says how far it came."""

import json
import os
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress, TaskID

from commands.batch.accepted import Accepted, Receipts, receipt_line
from commands.batch.client import Client
from commands.batch.columns import columns_to_send
from commands.batch.delivery import EXAMPLES, Delivery, delivery, find_journal, in_order
from commands.batch.journal import Task, Written
from commands.batch.output import Answer, Csv, Format, JsonLines
from commands.batch.records import Source
from commands.batch.sending import Sender, finished, rows_of
from commands.batch.slices import Encoding, Slice, cut
from commands.console import err, row_progress
from commands.console import out as stdout
from serving.errors import ServingError
from serving.prediction import Status


class PredictionFailed(ServingError):
    """`cli result ID` of a prediction that has no result."""


@dataclass(frozen=True)
class Connection:
    """The service's address, the API key, and the seconds to try when it has no answer."""

    url: str
    key: str | None
    patience: float

    def client(self, bar: "Bar | None" = None) -> Client:
        return Client(self.url, self.key, patience=self.patience, trouble=bar.trouble if bar else lambda reason: None)


@dataclass(frozen=True)
class Bar:
    """The progress bar: rows that are done, and whether it stands still because the service has no answer."""

    progress: Progress
    task: TaskID
    verb: str
    told: set[str] = field(default_factory=set)

    def done(self, rows: int) -> None:
        self.progress.update(self.task, completed=rows)

    def trouble(self, reason: str) -> None:
        """Each reason is told once: under a rate limit, calls wait and go through in turn."""
        self.progress.update(self.task, description="waiting" if reason else self.verb)
        if reason and reason not in self.told:
            self.told.add(reason)
            err.print(escape(f"The service {reason}: trying again."), highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Sending:
    """What sends an input's slices, and where their results go."""

    sender: Sender
    slices: Iterator[Slice]
    delivered: Delivery


async def run_predict(source: Source, connection: Connection, out: Path | None, *, yes: bool) -> Written:
    """Send every row, wait, and write the results in order."""
    with _bar("predicting", source.count, out) as bar:
        async with _sending(source, connection, out, bar, task="predict", yes=yes) as run:
            form = _format(source.columns, run.delivered, is_csv=_is_csv(out, otherwise=source.kind == "csv"))

            def deliver(part: Slice, answers: list[Answer]) -> None:
                text = form.add([row.record for row in part.rows], answers)
                run.delivered.write(text, form, len(answers), _failures(part.first_row, answers))
                bar.done(run.delivered.written.rows)

            await in_order(run.slices, run.sender.answers, deliver)
            run.delivered.write(form.rest(), form, 0, [])
            return run.delivered.written


async def run_send(source: Source, connection: Connection, out: Path | None, *, yes: bool) -> Written:
    """Send every row, and write a line for each prediction: `run_result` reads them."""
    with _bar("sending", source.count, out) as bar:
        async with _sending(source, connection, out, bar, task="predict --no-wait", yes=yes) as run:

            def deliver(part: Slice, sent: list[Accepted]) -> None:
                text = "".join(receipt_line(accepted, connection.url) for accepted in sent)
                refused = [
                    (accepted.first_row + place + 1, message)
                    for accepted in sent
                    for place, message in sorted(accepted.refused.items())
                ]
                run.delivered.write(text, None, len(part.rows), refused)
                bar.done(run.delivered.written.rows)

            await in_order(run.slices, run.sender.send, deliver)
            return run.delivered.written


async def run_result(receipts: Receipts, connection: Connection, out: Path | None, *, yes: bool) -> Written:
    """Wait for what `run_send` has sent, and write all results in order; the input's columns are not there any more."""
    task = Task(task="result", input_sha256=receipts.sha256, url=connection.url)
    with _bar("waiting", receipts.count, out) as bar:
        async with connection.client(bar) as client:
            await client.info()
            with delivery(find_journal(out, task, yes=yes), out, task) as delivered:
                form = _format((), delivered, is_csv=_is_csv(out))
                start = delivered.written.rows

                async def read(part: Accepted) -> list[Answer]:
                    return rows_of(await finished(client, part), part)

                def deliver(part: Accepted, answers: list[Answer]) -> None:
                    text = form.add([{}] * len(answers), answers)
                    delivered.write(text, form, len(answers), _failures(part.first_row, answers))
                    bar.done(delivered.written.rows)

                bar.done(start)
                await in_order((part for part in receipts.slices if part.first_row >= start), read, deliver)
                delivered.write(form.rest(), form, 0, [])
                return delivered.written


async def run_fetch(prediction_id: str, connection: Connection) -> Mapping[str, Any]:
    """Wait for one prediction: its body. Raises UnknownPrediction, GonePrediction."""
    with err.status("waiting"):
        async with connection.client() as client:
            await client.info()
            document: Mapping[str, Any] = await client.finished(prediction_id)
            return document


def show(document: Mapping[str, Any], out: Path | None) -> Written:
    """Print a prediction's body, or write it to a file. Raises PredictionFailed when it has no result."""
    succeeded = document["status"] == Status.SUCCEEDED
    result = document["result"] if succeeded else []
    answers: list[Answer] = result if isinstance(result, list) else [result]
    if out is None:
        stdout.print_json(json.dumps(document))
    elif succeeded and _is_csv(out):
        form = Csv(())
        out.write_text(form.add([{}] * len(answers), answers) + form.rest(), encoding="utf-8")
    else:
        out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if not succeeded:
        error = document.get("error")
        why = f"failed: {error['code']}: {error['message']}" if error else f"is {document['status']}."
        raise PredictionFailed(f"{document['prediction_id']} {why}")
    failures = _failures(0, answers)
    return Written(rows=len(answers), failed=len(failures), examples=tuple(failures[:EXAMPLES]))


@asynccontextmanager
async def _sending(
    source: Source, connection: Connection, out: Path | None, bar: Bar, *, task: str, yes: bool
) -> AsyncIterator[Sending]:
    """Everything is looked at before the first row is sent: the service, the columns, what lies at --out."""
    async with connection.client(bar) as client:
        info = await client.info()
        columns = await columns_to_send(client, source.columns, info.schema)
        what = Task(task=task, input_sha256=source.sha256, url=client.url)
        found = find_journal(out, what, yes=yes)
        with delivery(found, out, what, max_records=info.max_records, max_body=info.max_body) as delivered:
            written = delivered.written
            _tell(source, columns, info.schema, written if found else None)
            bar.done(written.rows)
            encoding = Encoding.of(source.kind, columns)
            slicing = delivered.journal.slicing
            slices = cut(
                islice(source.rows(), written.rows, None),
                encoding,
                first_row=written.rows,
                max_records=slicing.max_records,
                max_body=slicing.max_body,
            )
            yield Sending(Sender(client, encoding, delivered.journal), slices, delivered)


def _tell(source: Source, columns: Sequence[str], schema: Mapping[str, Any], resumed: Written | None) -> None:
    kept = [column for column in source.columns if column not in columns]
    if kept:
        err.print(escape(f"Not sent, as the service does not take them: {', '.join(kept)}"), highlight=False)
    fields = schema.get("properties", {})
    # What the worker looks up is not meant to be in the input.
    absent = [name for name, about in fields.items() if name not in columns and "feature_view" not in about]
    if absent and all(column in fields for column in columns):  # another name may stand for an absent one
        err.print(escape(f"Not in the input, so their defaults are taken: {', '.join(absent)}"), highlight=False)
    if resumed:
        err.print(f"Going on after row {resumed.rows:,} of {source.count:,}.", highlight=False)


@contextmanager
def _bar(verb: str, total: int, out: Path | None) -> Iterator[Bar]:
    progress = row_progress()
    progress.live.transient = True  # the last line says more
    # On a terminal, or through a pipe to one, the results themselves run over the screen.
    progress.disable = not err.is_terminal or (out is None and not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode))
    with progress:
        yield Bar(progress, progress.add_task(verb, total=total), verb)


def _is_csv(out: Path | None, *, otherwise: bool = False) -> bool:
    return otherwise if out is None else out.suffix.lower() == ".csv"


def _format(columns: Sequence[str], delivered: Delivery, *, is_csv: bool) -> Format:
    written = delivered.written
    return Csv(columns, written.header, written.left_out) if is_csv else JsonLines()


def _failures(first_row: int, answers: Sequence[Answer]) -> list[tuple[int, str]]:
    """Number from 1 and message of each row without a prediction."""
    return [
        (first_row + place + 1, f"{answer['error']['message']}")
        for place, answer in enumerate(answers)
        if "error" in answer
    ]
