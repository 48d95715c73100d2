"""A CSV body -> rows for the schema: cells become what their column holds."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic_core import from_json

from serving.errors import InvalidRequest
from serving.json_schema import types
from serving.project import Project

OMIT = object()
SHOWN_COLUMNS = 1_000
csv.field_size_limit(2**31 - 1)  # MAX_STRING is the limit of a cell; this one is the whole process's
Convert = Callable[[str], Any]


def parse_csv(body: bytes, project: Project, *, header: bool, most: int) -> list[dict[str, Any]]:
    """At most `most` rows, not yet validated. Without a header the columns are the schema's, in its order.

    Raises InvalidRequest that names the column or the row; rows count from 0, without the header.
    """
    reader = csv.reader(_lines(body), strict=True)
    try:
        names = next(reader, None) if header else _columns_of(body, project)
        if not names:
            raise InvalidRequest.at(["body"], "The CSV is empty: its first row names the columns.", "csv_empty")
        converters = _converters(names, project)
        return _rows(reader, names, converters, most)
    except UnicodeDecodeError:
        raise _not_utf8(body) from None
    except csv.Error as error:
        raise InvalidRequest.at(["body", "line", max(1, reader.line_num)], f"Not CSV: {error}", "csv_invalid") from None


def _lines(body: bytes) -> Iterable[str]:
    """Decoded as they are asked for: the whole text at once would take up to four times its bytes, and a copy."""
    return io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", newline="")


def _not_utf8(body: bytes) -> InvalidRequest:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        place: list[str | int] = ["body", "line", body.count(b"\n", 0, error.start) + 1]
        message = f"Byte {error.start} is not UTF-8: save the file as UTF-8."
        return InvalidRequest.at(place, message, "csv_encoding")
    raise AssertionError("the body is UTF-8")


def _columns_of(body: bytes, project: Project) -> Sequence[str]:
    """What the cells of a CSV without a header are: PredictionData's fields, or with them each feature of the views."""
    cells: Sequence[str] = next(filter(None, csv.reader(_lines(body), strict=True)), [])
    return project.columns if len(cells) == len(project.columns) else project.own_columns


def _rows(reader: Any, names: Sequence[str], converters: Sequence[Convert], most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for cells in reader:
        if not cells:  # a blank line
            continue
        if len(cells) != len(names):
            message = f"The row has {len(cells)} cells and there are {len(names)} columns"
            raise InvalidRequest.at(["body", len(rows)], message, "csv_row_length")
        values = ((name, convert(cell)) for name, convert, cell in zip(names, converters, cells, strict=True))
        rows.append({name: value for name, value in values if value is not OMIT})
        if len(rows) == most:
            break
    return rows


def _converters(names: Sequence[str], project: Project) -> list[Convert]:
    """One for each column of the file. Raises InvalidRequest for unknown, duplicate and missing columns."""
    definitions = project.json_schema.get("$defs", {})
    shapes = dict(zip(project.columns, project.json_schema["properties"].values(), strict=True))
    fields = dict(zip(project.columns, project.schema.model_fields.items(), strict=True))
    column_of = dict(zip(project.json_schema["properties"], fields, strict=True))  # as JSON names them
    column_of |= {name: column for column, (name, _) in fields.items()} | {column: column for column in fields}
    extra_allowed = project.schema.model_config.get("extra") != "forbid"

    errors: list[tuple[str, str, str]] = []
    found: set[str] = set()
    converters: list[Convert] = []
    for name in names:
        if len(errors) == SHOWN_COLUMNS:  # a header of nothing but commas, say
            break
        column = column_of.get(name)
        if column is None:
            if not extra_allowed:
                errors.append((name, "The schema has no such column", "extra_forbidden"))
            converters.append(str)
            continue
        if column in found:
            errors.append((name, "The column is there twice", "csv_duplicate_column"))
        found.add(column)
        converters.append(converter(types(shapes[column], definitions), required=fields[column][1].is_required()))
    for column, (_, field) in fields.items():
        if column not in found and field.is_required():
            errors.append((column, "The column is missing", "missing"))
    if errors:
        raise InvalidRequest(
            [{"loc": ["body", "header", name], "msg": msg, "type": kind} for name, msg, kind in errors]
        )
    return converters


def converter(kinds: set[str], *, required: bool) -> Convert:
    """An empty cell is null where that is allowed, else the default; a list or number is read as JSON."""
    textual = bool(kinds & {"string", "any"})
    empty: Any = None if "null" in kinds else ("" if required else OMIT)

    def convert(cell: str) -> Any:
        if not cell:
            return empty
        if textual:
            return cell
        try:
            return from_json(cell)
        except ValueError:
            return cell  # `True`, ` 1.`: pydantic reads it, or says what is wrong

    return convert
