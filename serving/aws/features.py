"""The feature store in DynamoDB: one item an entity, its features as JSON, so that numbers keep their type."""

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

from pydantic_core import from_json, to_json

from serving.aws.table import Table
from serving.ports import EntityKey

LONGEST_KEY = 1024
"""Bytes. DynamoDB takes 2048; what is longer is named by its hash, since clients choose the keys that are looked up."""


class DynamoFeatures:
    """The FeatureStore port."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, keys: Sequence[EntityKey]) -> Sequence[dict[str, object] | None]:
        names = [_name(view, key) for view, key in keys]
        items = self._table.get(names)
        return [from_json(items[name]["features"]["B"]) if name in items else None for name in names]

    def write(self, view: str, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
        documents = {_name(view, key): to_json(features) for key, features in rows}  # of one entity the last counts
        self._table.write([{"key": {"S": name}, "features": {"B": doc}} for name, doc in documents.items()])


def _name(view: str, key: str) -> str:
    folder = quote(view, safe="")
    if len(key.encode()) > LONGEST_KEY:
        return f"{folder}#{hashlib.sha256(key.encode()).hexdigest()}"
    return f"{folder}/{key}"
