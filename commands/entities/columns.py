"""The columns of a file beside those of a feature view: which is which, which are missing, how a cell is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.csv_body import OMIT, Convert, converter
from commands.entities.lines import FileRefused
from serving.json_schema import types
from serving.views import FeatureView


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a line's cells are for the view."""

    places: Mapping[str, int]
    """Where in a line the view's columns are."""
    converters: Mapping[str, Convert]
    width: int
    ignored: Sequence[str]
    """Columns of the file that the view lacks."""
    absent: Sequence[str]
    """Features that the file lacks and that have a default."""

    @classmethod
    def of(cls, names: Sequence[str], view: FeatureView, file: str) -> "Columns":
        """The header's columns by their aliases or names. Raises FileRefused with both lists when one is missing."""
        schema = view.row.model_json_schema()
        fields = dict(zip(schema["properties"], view.row.model_fields.items(), strict=True))
        column_of = {name: column for column, (name, _) in fields.items()} | {column: column for column in fields}
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            column = column_of.get(name, name)
            if column in places:
                raise FileRefused(f"{file} has two columns for {column}: leave one of them out.")
            places[column] = place
        lacking = [column for column in fields if column not in places]
        missing = [column for column in lacking if fields[column][1].is_required()]
        if missing:
            wide = max(len("file"), len(view.name)) + 1
            raise FileRefused(
                f"{file} lacks {', '.join(missing)}."
                f"\n  {'file:':{wide}} {', '.join(names) or '(nothing)'}"
                f"\n  {f'{view.name}:':{wide}} {', '.join([*view.entities, *view.columns])}"
            )
        shapes, definitions = schema["properties"], schema.get("$defs", {})
        return cls(
            places={column: place for column, place in places.items() if column in fields},
            converters={
                column: converter(types(shapes[column], definitions), required=field.is_required())
                for column, (_, field) in fields.items()
                if column in places
            },
            width=len(names),
            ignored=[name for name in names if column_of.get(name, name) not in fields],
            absent=lacking,
        )

    def record(self, cells: Sequence[str]) -> dict[str, Any]:
        """A line as a JSON object, not yet validated."""
        found = {column: self.converters[column](cells[place]) for column, place in self.places.items()}
        return {column: value for column, value in found.items() if value is not OMIT}
