"""The dtype of each column, from the schema and never from the batch: a row answers the same alone and among 1,000."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from serving.json_schema import Schema, branches
from serving.project import Project
from serving.schemas import column_of


class Kind(StrEnum):
    """What a column holds; a null is NaN in a float column and the model's own marker in an object column."""

    INT = "int64"
    FLOAT = "float64"
    BOOL = "bool"
    DATE = "datetime64"
    DURATION = "timedelta64"
    OBJECT = "object"

    @property
    def numeric(self) -> bool:
        return self in {Kind.INT, Kind.FLOAT, Kind.BOOL}


def column_kinds(project: Project) -> dict[str, Kind]:
    """The kind of every column that the model may be given, in the schema's order, then the views'."""
    definitions = project.inputs_schema.get("$defs", {})
    shapes = project.inputs_schema["properties"].values()
    kinds = {}
    for (name, field), shape in zip(project.inputs.model_fields.items(), shapes, strict=True):
        column = column_of(name, field)
        if _leaves(field.annotation) - {type(None)} == {Decimal}:  # in JSON a number or a string; to the model a number
            kinds[column] = Kind.FLOAT
        else:
            found, nullable = _kinds(shape, definitions)
            kinds[column] = _one(found, nullable or field.default is None)
    return kinds


def _leaves(annotation: Any) -> set[Any]:
    """The types of an annotation, unions and Annotated opened."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _leaves(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return set().union(*(_leaves(part) for part in get_args(annotation)))
    return {annotation} if origin is None else {origin}


def _one(found: set[Kind], nullable: bool) -> Kind:
    if found <= {Kind.INT, Kind.FLOAT} and found:
        return Kind.FLOAT if nullable or Kind.FLOAT in found else Kind.INT
    if len(found) != 1:
        return Kind.OBJECT
    (kind,) = found
    return Kind.OBJECT if nullable and kind is Kind.BOOL else kind


def _kinds(field: Schema, definitions: Mapping[str, Schema]) -> tuple[set[Kind], bool]:
    """The kinds that a value may be of, and whether it may be null."""
    found = list(branches(field, definitions))
    return {_kind(branch) for branch in found if branch["type"] != "null"}, any(b["type"] == "null" for b in found)


def _kind(branch: Schema) -> Kind:
    if branch["type"] == "string" and branch.get("format") in _FORMATS:
        return _FORMATS[branch["format"]]
    return _TYPES.get(branch["type"], Kind.OBJECT)


_FORMATS = {"date-time": Kind.DATE, "date": Kind.DATE, "duration": Kind.DURATION}
_TYPES = {"integer": Kind.INT, "number": Kind.FLOAT, "boolean": Kind.BOOL}
