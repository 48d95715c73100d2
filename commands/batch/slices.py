"""Rows -> slices, each small enough for one POST, and the bytes that are sent for them."""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from commands.batch.records import Kind, Record, Row


@dataclass(frozen=True, slots=True)
class Slice:
    """Neighbouring rows of the input; `first_row` counts from 0."""

    first_row: int
    rows: Sequence[Row]
    lines: Sequence[str]
    """Each row as it is sent."""

    @property
    def place(self) -> tuple[int, int]:
        """What names it in a journal: its first row and its length."""
        return self.first_row, len(self.rows)

    def halves(self) -> tuple["Slice", "Slice"]:
        middle = len(self.rows) // 2
        return (
            Slice(self.first_row, self.rows[:middle], self.lines[:middle]),
            Slice(self.first_row + middle, self.rows[middle:], self.lines[middle:]),
        )


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How records become a body: CSV stays CSV, because the API knows what an empty cell means; all else is JSON."""

    content_type: str
    head: str
    between: str
    tail: str
    line: Callable[[Record], str]

    @classmethod
    def of(cls, kind: Kind, columns: Sequence[str]) -> "Encoding":
        """The encoding that sends `columns` and no others."""
        if kind == "csv":
            head = csv_line(columns)
            return cls(
                content_type="text/csv",
                head=head,
                between="",
                tail="",
                line=lambda record: csv_line([record[column] for column in columns]),
            )
        known = frozenset(columns)

        def line(record: Record) -> str:
            sent = {name: value for name, value in record.items() if name in known}
            return json.dumps(sent, ensure_ascii=False, separators=(",", ":"))

        return cls(content_type="application/json", head="[", between=",", tail="]", line=line)

    def body(self, lines: Iterable[str]) -> bytes:
        # half of a surrogate pair, which JSON can spell, is not UTF-8
        return f"{self.head}{self.between.join(lines)}{self.tail}".encode(errors="replace")

    def body_without(self, part: Slice, left_out: Collection[int]) -> bytes:
        """The slice's body without some of its rows."""
        return self.body(line for place, line in enumerate(part.lines) if place not in left_out)


def cut(rows: Iterable[Row], encoding: Encoding, *, first_row: int, max_records: int, max_body: int) -> Iterator[Slice]:
    """Slices in order; the same rows and limits give the same slices. `first_row` is the number of the first of `rows`.

    A row that is too large by itself is a slice of its own: the service says that it is too large.
    """
    room = max_body - len(encoding.body([]))
    batch: list[Row] = []
    lines: list[str] = []
    used = 0
    for row in rows:
        line = encoding.line(row.record) if row.problem is None else ""
        size = len(line.encode(errors="replace")) + len(encoding.between)
        if batch and (len(batch) == max_records or used + size > room):
            yield Slice(first_row, batch, lines)
            first_row += len(batch)
            batch, lines, used = [], [], 0
        batch.append(row)
        lines.append(line)
        used += size
    if batch:
        yield Slice(first_row, batch, lines)


def csv_line(cells: Iterable[object]) -> str:
    """One line of CSV with its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
