"""Reads a JSON schema as pydantic writes it: references and unions resolved."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def resolve(field: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The field with its `$ref` replaced by what it stands for; what stands beside the `$ref` wins."""
    while "$ref" in field:
        beside = {name: value for name, value in field.items() if name != "$ref"}
        field = {**definitions.get(field["$ref"].rsplit("/", 1)[-1], {}), **beside}
    return field


def branches(field: Schema, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    """Every plain schema that a value of the field may follow: one, or those of a union; each has one `type`."""
    field = resolve(field, definitions)
    inner = [*field.get("anyOf", ()), *field.get("oneOf", ())]
    for branch in inner:
        yield from branches(branch, definitions)
    if inner:
        return
    if "enum" in field or "const" in field:
        for value in field["enum"] if "enum" in field else [field["const"]]:
            yield {"type": _TYPES.get(type(value), "object"), "const": value}
        return
    kinds = field.get("type", "any")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        yield {**field, "type": kind}


def types(field: Schema, definitions: Mapping[str, Schema]) -> set[str]:
    """The JSON types that a value of the field may have; `any` where the schema does not say."""
    return {branch["type"] for branch in branches(field, definitions)}
