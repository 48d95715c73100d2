"""Writes valid records as columns, each value as it stands in a row, where the schema lets it."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from serving.schemas import column_of


class ColumnWriter:
    """Writes records of one schema as columns, each value as it stands in a row."""

    def __init__(self, schema: type[BaseModel]) -> None:
        self._columns: list[tuple[str, bytes, TypeAdapter[Any]]] = []
        if _writes_by_column(schema):
            for name, field in schema.model_fields.items():
                key = to_json(column_of(name, field)) + b":"
                found_at_run_time: Any = list[field.rebuild_annotation()]  # type: ignore[misc]
                self._columns.append((name, key, TypeAdapter(found_at_run_time, config=schema.model_config)))

    def write(self, records: Sequence[BaseModel]) -> bytes | None:
        """One JSON object with a list for each column; None where only rows say what the schema means."""
        if not self._columns:
            return None
        fields = [record.__dict__ for record in records]
        try:
            columns = [
                key + values.dump_json([own[name] for own in fields], by_alias=True, exclude_computed_fields=True)
                for name, key, values in self._columns
            ]
        except KeyError:  # a validator of the user's made a record of another class
            return None
        return b"{" + b",".join(columns) + b"}"


def _writes_by_column(schema: type[BaseModel]) -> bool:
    """Whether a record is its fields and each of them is written by its type alone."""
    decorators = schema.__pydantic_decorators__
    columns = [column_of(name, field) for name, field in schema.model_fields.items()]
    return (
        not decorators.field_serializers
        and not decorators.model_serializers
        and schema.model_config.get("extra") != "allow"
        and len(set(columns)) == len(columns)
        and not any(_depends_on_its_record(field) for field in schema.model_fields.values())
    )


def _depends_on_its_record(field: FieldInfo) -> bool:
    return bool(field.exclude) or field.exclude_if is not None or field.discriminator is not None
