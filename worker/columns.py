"""The dtype of each column, from the schema and never from the batch: a row answers the same alone and among 1,000."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import get_args

from serving.json_schema import Schema, branches
from serving.project import Project


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
    """The kind of every column of the schema, in the schema's order."""
    definitions = project.json_schema.get("$defs", {})
    shapes = project.json_schema["properties"].values()
    kinds = {}
    for column, field, shape in zip(project.columns, project.schema.model_fields.values(), shapes, strict=True):
        parts = (field.annotation, *get_args(field.annotation))
        if Decimal in parts:  # in JSON a number or a string; to the model a number
            kinds[column] = Kind.FLOAT
        else:
            kinds[column] = _one(*_kinds(shape, definitions))
    return kinds


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
