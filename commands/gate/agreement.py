"""Schema and model, field by field: names, order, types, categories, and every value that the schema can tell apart."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commands.fitted.column import Column
from commands.gate.finding import Finding, failed, passed, warned
from commands.trial.trial import Tried
from serving.json_schema import branches
from serving.project import Project
from serving.schemas import columns_of

CHECK = "fields"
SHOWN = 5


def agreement(project: Project, tried: Tried) -> Iterator[Finding]:
    """One finding for each kind of difference; one that has passed when there is none."""
    schema = project.inputs_schema
    columns = columns_of(project.inputs)
    if tried.feature_names is None:
        columns = tuple(name for name in columns if name not in project.entities)
    found = [
        *_names(project, columns, tried.feature_names),
        *_types(project, columns, tried),
        *_categories(schema, columns, tried),
        *_values(tried),
    ]
    yield from found
    if not found:
        yield passed(CHECK, "Names, order, types and categories of schema and model agree.")


def _names(project: Project, fields: Sequence[str], fitted: Sequence[str] | None) -> Iterator[Finding]:
    if fitted is None or list(fields) == list(fitted):
        return
    unused = [name for name in fields if name not in fitted and name not in project.entities]
    if unused:
        names = _listed(unused)
        yield warned(CHECK, f"{_owner(project)} has {names}, which the model does not know: it is asked for in vain.")
    if project.views:
        return  # columns come from several places, by name
    if [name for name in fields if name in fitted] != list(fitted):
        yield failed(
            CHECK,
            "The fields of PredictionData stand in another order than the model's columns: put them into this order.",
            diff(fields, fitted),
            forceable=True,
        )


def _owner(project: Project) -> str:
    """Where its fields stand: with views, in several classes."""
    return "validation.py" if project.views else "PredictionData"


def diff(fields: Sequence[str], fitted: Sequence[str]) -> str:
    """Lines to read: `-` is in validation.py and not in the model, `+` is in the model and not in validation.py."""
    lines = difflib.unified_diff(list(fields), list(fitted), "validation.py", "model", n=1, lineterm="")
    return "\n".join(line for line in lines if not line.startswith("@@"))


def _types(project: Project, fields: Sequence[str], tried: Tried) -> Iterator[Finding]:
    for name, column in _paired(fields, tried):
        types = _types_of(project.inputs_schema, name) - {"null", "any"}
        wanted = {"number": {"number", "integer", "boolean"}, "text": {"string"}, "list": {"array"}}.get(column.kind)
        if column.kind == "category" and column.categories:
            wanted = {_type(value) for value in column.categories if value is not None}
            wanted |= {"integer", "number", "boolean"} if wanted & {"integer", "number"} else set()
        if wanted and types and not types <= wanted:
            yield failed(
                CHECK,
                f"{name} is {_listed(sorted(types - wanted))} in {_owner(project)}, and the model was fitted on "
                f"{'numbers' if 'number' in wanted else _listed(sorted(wanted))}: change its type.",
                forceable=True,
            )


def _categories(schema: Mapping[str, Any], fields: Sequence[str], tried: Tried) -> Iterator[Finding]:
    for name, column in _paired(fields, tried):
        known = [value for value in column.categories or () if value is not None]
        if not known:
            continue
        choices = _choices(schema, name)
        if choices is None:
            if not column.unknown_allowed and "string" in _types_of(schema, name):
                text = f"{name} takes any text, and the model knows only {_shown(known)}: Literal[...] tells it sooner."
                yield warned(CHECK, text)
            continue
        lacking = [value for value in known if value not in choices]
        if lacking:
            yield failed(
                CHECK,
                f"{name} lacks {_shown(lacking)}, which the model was fitted with: nobody could ask for it.",
                _literal(name, known),
                forceable=True,
            )


def _values(tried: Tried) -> Iterator[Finding]:
    """What was tried and refused: the truth, whatever the estimators say of themselves."""
    for column in dict.fromkeys(refused.column for refused in tried.refused_values):
        found = [refused for refused in tried.refused_values if refused.column == column]
        values = _shown([refused.value for refused in found])
        text = f"{column} accepts {values}, and the model does not: {found[0].message}"
        if not column:
            text = f"On one of the schema's choices, bounds and nulls: {found[0].message}"
        yield failed(CHECK, text, forceable=True)


def _paired(fields: Sequence[str], tried: Tried) -> Iterator[tuple[str, Column]]:
    """Each field that the model knows, with its column: by name, else by place."""
    if tried.feature_names is None:
        if len(fields) == len(tried.columns):
            yield from zip(fields, tried.columns, strict=True)
        return
    known = {column.name: column for column in tried.columns}
    yield from ((name, known[name]) for name in fields if name in known)


def _types_of(schema: Mapping[str, Any], name: str) -> set[str]:
    return {branch["type"] for branch in branches(schema["properties"][name], schema.get("$defs", {}))}


def _choices(schema: Mapping[str, Any], name: str) -> list[Any] | None:
    """The values of a Literal or an enum; None where others are possible."""
    found = [b for b in branches(schema["properties"][name], schema.get("$defs", {})) if b["type"] != "null"]
    return [branch["const"] for branch in found] if found and all("const" in branch for branch in found) else None


def _type(value: Any) -> str:
    return {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(value), "any")


def _literal(name: str, values: Sequence[Any]) -> str:
    return f"{name}: Literal[{', '.join(json.dumps(value, ensure_ascii=False) for value in values)}]"


def _shown(values: Sequence[Any]) -> str:
    texts = [json.dumps(value, ensure_ascii=False) for value in values[:SHOWN]]
    return ", ".join(texts) + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
