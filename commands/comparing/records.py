"""The rows of a file as the API takes them: valid records in a file of chunks, and the rows that the schema refuses."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from app.csv_body import parse_csv
from commands.batch.records import Row, Source
from commands.batch.slices import Encoding, csv_line
from commands.comparing.differences import Comparison
from commands.comparing.missed import Missed
from serving.errors import InvalidRequest, ServingError
from serving.project import Project

CHUNK = 1_000
"""Rows that a model is given at once."""
FIELDS = 4
"""Columns of the input that are shown of a row."""
Numbered = tuple[int, Row]
Join = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any] | str]]
"""Gives each record the features that a worker would look up, or says why it has none."""


class InputRefused(ServingError):
    """The file's columns or rows are not those of the schema."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """`path` holds one JSON array of at most CHUNK valid records in each line."""

    path: Path
    read: int
    """Rows of the input that were looked at."""
    numbers: Sequence[int]
    """Of the valid rows: their place in the input, from 1."""
    refused: Missed
    left_out: Sequence[str]
    """Columns of the input that the schema lacks."""
    unanswered: Missed = field(default_factory=Missed)
    """Valid rows that no model is given, as their features are not there."""


def columns_to_take(project: Project, name: str, columns: Sequence[str]) -> list[str]:
    """The input's columns that the schema takes, as `cli predict` finds them. Raises InputRefused with both lists."""
    if project.schema.model_config.get("extra") != "forbid":
        return list(columns)
    properties = list(project.json_schema["properties"])
    known = [column for column in columns if column in properties]
    # Of an alias and a Python name for one field, the second one is left out.
    refused, missing = _judged(project, [*known, *(column for column in columns if column not in properties)])
    taken = [column for column in columns if column not in refused]
    if missing or not taken:
        what = f"lacks {', '.join(missing)}" if taken else "has no column that the schema takes"
        listed = ", ".join(columns) or "(none)"
        raise InputRefused(f"{name} {what}.\n  input:  {listed}\n  schema: {', '.join(properties)}")
    return taken


def _judged(project: Project, columns: Sequence[str]) -> tuple[set[str], list[str]]:
    """The columns that the schema does not take, and those it misses."""
    if not columns:
        return set(), []
    try:
        parse_csv(csv_line(columns).encode(errors="replace"), project, header=True, most=0)
    except InvalidRequest as error:
        found = [(str(entry["loc"][2]), entry["type"]) for entry in error.errors]  # type: ignore[index]
        missing = [column for column, kind in found if kind == "missing"]
        return {column for column, _ in found} - {*missing}, missing
    return set(), []


def write_records(
    source: Source,
    project: Project,
    path: Path,
    *,
    limit: int | None,
    advance: Callable[[int], None],
    join: Join = lambda records: records,
) -> Records:
    """Validate every row, at most `limit` of them, and write what passes. Raises InputRefused when nothing does."""
    columns = columns_to_take(project, source.name, source.columns)
    reader = _Reader(project, Encoding.of(source.kind, columns))
    unanswered = Missed()
    numbers = array("q")
    read = 0
    with path.open("wb") as file:
        for chunk in _chunks(islice(source.rows(), limit)):
            valid = reader.valid(chunk)
            records = join(from_json(project.dump([record for _, record in valid])))
            answerable = []
            for (number, _), record in zip(valid, records, strict=True):
                if isinstance(record, str):
                    unanswered.add(number, record)
                else:
                    numbers.append(number)
                    answerable.append(record)
            if answerable:
                file.write(to_json(answerable) + b"\n")
            read += len(chunk)
            advance(len(chunk))
    if not numbers:
        said = f"No row of {source.name} passes validation.py."
        if unanswered.count:
            said = f"No valid row of {source.name} has features."
        row, message = (unanswered if unanswered.count else reader.refused).examples[0]
        raise InputRefused(f"{said} Row {row}: {message}")
    left_out = [column for column in source.columns if column not in columns]
    return Records(
        path=path, read=read, numbers=numbers, refused=reader.refused, left_out=left_out, unanswered=unanswered
    )


def with_records(comparison: Comparison, source: Source) -> Comparison:
    """The same, with the first columns of the input beside each row that is shown: an id that is not sent is there."""
    wanted = {difference.row for output in comparison.outputs for difference in output.largest}
    found = {
        number: dict(islice(row.record.items(), FIELDS))
        for number, row in enumerate(islice(source.rows(), max(wanted, default=0)), 1)
        if number in wanted
    }
    outputs = [
        replace(output, largest=[replace(shown, record=found[shown.row]) for shown in output.largest])
        for output in comparison.outputs
    ]
    return replace(comparison, outputs=outputs)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Numbered]]:
    numbered = enumerate(rows, 1)
    while chunk := list(islice(numbered, CHUNK)):
        yield chunk


class _Reader:
    """Validates rows through the very bytes that `cli predict` would send."""

    def __init__(self, project: Project, encoding: Encoding) -> None:
        self._project = project
        self._encoding = encoding
        self.refused = Missed()

    def valid(self, chunk: Sequence[Numbered]) -> list[tuple[int, Any]]:
        """The valid rows of a chunk, in order; the others are counted."""
        problems = {number: row.problem for number, row in chunk if row.problem}
        found, refused = self._judged([(number, row) for number, row in chunk if number not in problems])
        for number, message in sorted({**problems, **refused}.items()):
            self.refused.add(number, message)
        return found

    def _judged(self, rows: Sequence[Numbered]) -> tuple[list[tuple[int, Any]], dict[int, str]]:
        """The valid rows, and what is wrong with the others."""
        if not rows:
            return [], {}
        try:
            records = self._project.many.validate_json(self._body(rows))
            return list(zip((number for number, _ in rows), records, strict=True)), {}
        except ValidationError as error:
            messages = _messages(error, [number for number, _ in rows])
        except Exception as error:  # noqa: BLE001  # the user's validators may raise anything
            messages = {rows[0][0]: f"{type(error).__name__}: {error}"} if len(rows) == 1 else {}
        if messages:
            found, more = self._judged([(number, row) for number, row in rows if number not in messages])
            return found, {**messages, **more}
        middle = len(rows) // 2  # the error belongs to no row: whose it is, the halves show
        left, right = self._judged(rows[:middle]), self._judged(rows[middle:])
        return [*left[0], *right[0]], {**left[1], **right[1]}

    def _body(self, rows: Sequence[Numbered]) -> bytes:
        body = self._encoding.body(self._encoding.line(row.record) for _, row in rows)
        if self._encoding.content_type == "application/json":
            return body
        return to_json(parse_csv(body, self._project, header=True, most=len(rows)))


def _messages(error: ValidationError, numbers: Sequence[int]) -> dict[int, str]:
    """Row -> what is wrong with it; empty when the error names no row and there are several."""
    messages: dict[int, str] = {}
    for entry in error.errors(include_url=False, include_context=False, include_input=False):
        place, *loc = entry["loc"] or (None,)
        if not isinstance(place, int) and len(numbers) > 1:
            return {}
        number = numbers[place if isinstance(place, int) else 0]
        message = f"{'.'.join(map(str, loc))}: {entry['msg']}" if loc else entry["msg"]
        messages[number] = f"{messages[number]}; {message}" if number in messages else message
    return messages
