"""What the predictor is asked: the rows of one message, with the features that were looked up for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.layout import Columns
from serving.prediction import Code
from worker.frame import Record
from worker.outcome import RowError

Row = Record | RowError
"""A record as the model is given it; or why it can't be."""
Group = Sequence[Row] | Columns
"""The rows of one message, in either layout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """`alone`: it may have killed who predicted it together with others."""

    prediction_id: str
    rows: Group
    many: bool
    alone: bool = False

    def to_plain(self) -> dict[str, Any]:
        """As JSON takes it, for a child process."""
        about = {"prediction_id": self.prediction_id, "many": self.many}
        if isinstance(self.rows, Columns):
            return {**about, "columns": self.rows.values, "count": len(self.rows)}
        failed = {place: row for place, row in enumerate(self.rows) if isinstance(row, RowError)}
        errors = {str(place): [row.code, row.message] for place, row in failed.items()}
        return {
            **about,
            "rows": [None if place in failed else row for place, row in enumerate(self.rows)],
            "errors": errors,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Question":
        if "columns" in plain:
            group: Group = Columns(plain["columns"], plain["count"])
        else:
            group = list(plain["rows"])
            for place, (code, message) in plain["errors"].items():
                group[int(place)] = RowError(Code(code), message)
        return cls(prediction_id=plain["prediction_id"], rows=group, many=plain["many"])
