"""Which columns of the input are sent, and which only stay beside the predictions."""

from collections.abc import Mapping, Sequence
from typing import Any

from commands.batch.client import Client, Refused


async def columns_to_send(client: Client, columns: Sequence[str], schema: Mapping[str, Any]) -> list[str]:
    """The input's columns that the service takes. Raises Refused with both lists when it misses one or takes none.

    Where the schema alone leaves no doubt, it decides. A column that it lacks may still be one that the service takes:
    a field's Python name stands for its alias, and schemas show only the alias. So the service itself is asked, with a
    request that can't be accepted; guessing would either refuse such a file or, when the field is optional, quietly
    predict without the column.
    """
    if schema.get("additionalProperties") is not False:
        return list(columns)
    properties = schema.get("properties", {})
    known = [column for column in columns if column in properties]
    missing = tuple(name for name in schema.get("required", ()) if name not in columns)
    unknown = [column for column in columns if column not in properties]
    if unknown:
        # What the schema names comes first: of an alias and a Python name for one field, the second one is left out.
        refused, missing = await client.judge_columns([*known, *unknown])
        known = [column for column in columns if column not in refused]
    if missing or not known:
        what = f"lacks {_listed(missing)}" if known else "has no column that the service takes"
        raise Refused(f"The input {what}.\n  input:   {_listed(columns)}\n  service: {_listed(list(properties))}")
    return known


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "(none)"
