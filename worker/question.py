"""What the predictor is asked: the rows of one message, with the features that were looked up for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.prediction import Code
from worker.frame import Record
from worker.outcome import RowError

Row = Record | RowError
"""A record as the model is given it; or why it can't be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """`alone`: it may have killed who predicted it together with others."""

    prediction_id: str
    rows: Sequence[Row]
    many: bool
    alone: bool = False

    def to_plain(self) -> dict[str, Any]:
        """As JSON takes it, for a child process."""
        failed = {place: row for place, row in enumerate(self.rows) if isinstance(row, RowError)}
        errors = {str(place): [row.code, row.message] for place, row in failed.items()}
        rows = [None if place in failed else row for place, row in enumerate(self.rows)]
        return {"prediction_id": self.prediction_id, "rows": rows, "errors": errors, "many": self.many}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Question":
        rows = list(plain["rows"])
        for place, (code, message) in plain["errors"].items():
            rows[int(place)] = RowError(Code(code), message)
        return cls(prediction_id=plain["prediction_id"], rows=rows, many=plain["many"])
