"""The values of a schema that are worth a try: each choice, the bounds of each number, a null where one may stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from serving.json_schema import branches

BOUNDS = ("minimum", "maximum")


def variants(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Column and value, one column after the other."""
    definitions = schema.get("$defs", {})
    for column, field in schema.get("properties", {}).items():
        for branch in branches(field, definitions):
            if branch["type"] == "null":
                yield column, None
            elif "const" in branch:
                yield column, branch["const"]
            elif branch["type"] == "boolean":
                yield from ((column, value) for value in (False, True))
            elif branch["type"] in {"integer", "number"}:
                yield from ((column, branch[bound]) for bound in BOUNDS if bound in branch)
