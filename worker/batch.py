"""Received messages in runs that one predict may take, their records read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from serving.layout import Rows
from serving.message import Message
from serving.settings import Settings


class Job(NamedTuple):
    """A received message."""

    message: Message
    message_id: str
    handle: str
    receives: int

    @property
    def suspect(self) -> bool:
        """Delivered before without an answer: it may have killed who predicted it."""
        return self.receives > 1 or self.message.suspect

    def suspected(self) -> "Job":
        """The same, to be predicted in quarantine."""
        return self._replace(message=self.message._replace(suspect=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The rows of each job; a single job with an `error` when its records can't be read."""

    jobs: Sequence[Job]
    rows: Sequence[Rows]
    error: ValueError | None = None

    @property
    def messages(self) -> list[Message]:
        return [job.message for job in self.jobs]


def batches(jobs: Sequence[Job], settings: Settings) -> Iterator[Batch]:
    """Runs of at most BATCH_BYTES and BATCH_ROWS, or of one message: no more is read at a time."""
    run: list[Job] = []
    rows: list[Rows] = []
    size = count = 0
    for job in jobs:
        try:
            own = job.message.rows()
        except ValueError as error:
            yield Batch(jobs=[job], rows=[], error=error)
            continue
        length = len(job.message.payload)
        if run and (size + length > settings.batch_bytes or count + len(own) > settings.batch_rows):
            yield Batch(jobs=run, rows=rows)
            run, rows, size, count = [], [], 0, 0
        run.append(job)
        rows.append(own)
        size, count = size + length, count + len(own)
    if run:
        yield Batch(jobs=run, rows=rows)
