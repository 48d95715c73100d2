"""The feature store in SQLite: one row an entity, its features as JSON, so that numbers keep their type."""

from collections.abc import Sequence

from pydantic_core import from_json, to_json

from serving.errors import StoreUnavailable
from serving.local.database import Database
from serving.ports import EntityKey


class LocalFeatures:
    """The FeatureStore port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, keys: Sequence[EntityKey]) -> Sequence[dict[str, object] | None]:
        with self._database.reading(StoreUnavailable) as connection:
            connection.execute(_TABLE)
            found = [connection.execute(_SELECT, key).fetchone() for key in keys]
        return [None if row is None else from_json(row[0]) for row in found]

    def write(self, view: str, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
        with self._database.writing(StoreUnavailable) as connection:
            connection.execute(_TABLE)
            connection.executemany(_REPLACE, [(view, key, to_json(features)) for key, features in rows])


# Made here, by who first needs it: only a project with feature views does.
_TABLE = (
    "CREATE TABLE IF NOT EXISTS features"
    " (view TEXT NOT NULL, key TEXT NOT NULL, document BLOB NOT NULL, PRIMARY KEY (view, key)) WITHOUT ROWID"
)
_SELECT = "SELECT document FROM features WHERE view = ? AND key = ?"
_REPLACE = "INSERT OR REPLACE INTO features (view, key, document) VALUES (?, ?, ?)"
