"""One plausible record from a JSON schema: the fields' own examples, else form.yml's values, else types and bounds."""

from collections.abc import Mapping
from typing import Any

from serving.json_schema import Schema, resolve


def build_example(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """A record for every property of the schema; `values` are the form's. Whether it passes is to be seen."""
    for example in schema.get("examples", []):
        if isinstance(example, dict):
            return example
    definitions = schema.get("$defs", {})
    return {name: _value(field, definitions, values.get(name)) for name, field in schema.get("properties", {}).items()}


def _value(field: Schema, definitions: Mapping[str, Schema], from_form: Any = None) -> Any:
    field = resolve(field, definitions)
    if field.get("examples"):
        return field["examples"][0]
    if from_form is not None:
        return from_form
    if "default" in field:
        return field["default"]
    for name in ("const", "enum"):
        if name in field:
            return field[name][0] if name == "enum" else field[name]
    for branch in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        if branch.get("type") != "null":
            return _value({**branch, **{k: v for k, v in field.items() if k == "title"}}, definitions)
    return _by_type(field, definitions)


def _by_type(field: Schema, definitions: Mapping[str, Schema]) -> Any:
    kind = field.get("type")
    if kind == "object" or "properties" in field:
        return {name: _value(inner, definitions) for name, inner in field.get("properties", {}).items()}
    if kind == "array":
        return [_value(field.get("items", {}), definitions)] * max(1, field.get("minItems", 1))
    if kind == "boolean":
        return False
    if kind in {"integer", "number"}:
        return _number(field, whole=kind == "integer")
    formats = {
        "date-time": "2026-01-31T12:00:00",
        "date": "2026-01-31",
        "time": "12:00:00",
        "duration": "P1D",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "email": "someone@example.org",
        "uri": "https://example.org/",
    }
    text = formats.get(field.get("format", ""), "text")
    text = text.ljust(field.get("minLength", 0), "x")
    return text[: field.get("maxLength", len(text))]


def _number(field: Schema, *, whole: bool) -> float | int:
    """The middle of the bounds; one inside them where only one side is bound."""
    step = field.get("multipleOf") or (1 if whole else 0)
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum", field.get("exclusiveMaximum"))
    middle: float
    if low is not None and high is not None:
        middle = (low + high) / 2
    elif low is not None:
        middle = low + 1
    elif high is not None:
        middle = high - 1
    else:
        middle = 1
    if step:
        middle = middle // step * step
        if low is not None and middle < low:
            middle += step
    return int(middle) if whole else middle
