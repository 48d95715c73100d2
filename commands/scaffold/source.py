"""validation.py as text: ruff-clean, at most three lines a field."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from commands.scaffold.field import Field
from commands.scaffold.literals import LINE, literal, pieces, width, wrapped
from commands.scaffold.names import type_name, unique

CHECK = "# check: "
HEAD = '"""The schema of a record: what clients send, and the columns that the model was trained on."""'
CLASS = 'class PredictionData(BaseModel):\n    """One record, as the model knows it."""'
ROOM = LINE - 8  # of the arguments, on a line of their own
SHORT_TITLE = 24


def validation(fields: Sequence[Field]) -> str:
    """The whole file."""
    taken = {field.name for field in fields}
    named: list[str] = []
    body: list[str] = []
    for place, given in enumerate(fields):
        field, annotation, alias = given, _annotation(given), literal(given.column)
        if field.base == "Literal" and width(f"    {field.name}: {annotation} | None = Field(") > LINE:
            annotation = type_name(field.name, taken)
            taken.add(annotation)
            named += wrapped(f"{annotation} = Literal[", [literal(choice) for choice in field.choices], "]")
        if not _fits(field, alias):
            field = replace(field, example=None)  # example.json has it
        if not _fits(field, alias):
            field = replace(field, title=field.title[:SHORT_TITLE].rstrip(), units=None)
        if not _fits(field, alias):
            alias = unique(f"COLUMN_{place + 1}", taken)
            named += _constant(alias, field.column)
        body += _lines(field, f"{annotation} | None" if field.optional else annotation, alias)
    parts = [HEAD, _imports(fields)]
    if named:
        parts.append("\n".join(named))
    return "\n\n".join(parts) + f"\n\n\n{CLASS}\n\n" + "\n".join(body) + "\n"


def _fits(field: Field, alias: str) -> bool:
    return width(", ".join(_arguments(shown(field), alias))) <= ROOM


def shown(field: Field) -> Field:
    """With an example that fits the line: a long text is cut, a long list ends sooner."""
    example: Any = field.example
    if field.base == "str" and isinstance(example, str) and len(example) > 40:
        example = example[:40].rsplit(" ", 1)[0]
    if field.base == "list[str]" and isinstance(example, list):
        while len(example) > 1 and width(literal(example)) > 50:
            example = example[:-1]
    return replace(field, example=example)


def _annotation(field: Field) -> str:
    return f"Literal{literal(list(field.choices))}" if field.base == "Literal" else field.base


def _lines(field: Field, annotation: str, alias: str) -> list[str]:
    comment = f"  {CHECK}{', '.join(field.marks)}" if field.marks else ""
    head = f"    {field.name}: {annotation} = Field("
    arguments = _arguments(shown(field), alias)
    one = f"{head}{', '.join(arguments)}){comment}"
    if width(one) <= LINE:
        return [one]
    return [head, f"        {', '.join(arguments)}", f"    ){comment}"]


def _arguments(field: Field, alias: str) -> list[str]:
    found = ["None"] if field.optional else []
    if field.column != field.name:
        found.append(f"alias={alias}")
    found.append(f"title={literal(field.title)}")
    if field.units is not None:
        found.append(f'json_schema_extra={{"units": {literal(field.units)}}}')
    for word, value in (("ge", field.low), ("le", field.high), ("max_length", field.max_length)):
        if value is not None:
            found.append(f"{word}={literal(value)}")
    if field.example is not None:
        found.append(f"examples=[{literal(field.example)}]")
    return found


def _constant(name: str, text: str) -> list[str]:
    line = f"{name} = {literal(text)}"
    if width(line) <= LINE:
        return [line]
    return [f"{name} = (", *(f"    {piece}" for piece in pieces(literal(text), LINE - 4)), ")"]


def _imports(fields: Sequence[Field]) -> str:
    bases = {field.base for field in fields}
    dates = sorted(bases & {"date", "datetime"})
    lines = [f"from datetime import {', '.join(dates)}"] if dates else []
    if "Literal" in bases:
        lines.append("from typing import Literal")
    return "\n".join([*lines, *([""] if lines else []), "from pydantic import BaseModel, Field"])
