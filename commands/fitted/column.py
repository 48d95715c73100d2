"""One column of a model's input, as far as the fitted estimators tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["number", "category", "text", "list", "boolean", "date", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """Plain values only, so that it travels between processes as JSON.

    `categories` are those that an encoder knows and a client may send, in its order: neither gaps nor what an imputer
    puts in their place. `low` and `high` are of the training data where a scaler kept them, else `guessed`.
    """

    name: str
    position: int
    kind: Kind = "unknown"
    categories: Sequence[Any] | None = None
    unknown_allowed: bool = False  # other categories are taken
    missing_allowed: bool = False
    gaps: bool = False  # it was made for missing values: an imputer is on the way, or an encoder has seen one
    used: bool = True
    low: float | None = None
    high: float | None = None
    guessed: bool = False
    typical: Any = None
    filler: Any = None  # what an imputer puts in the place of a gap, and an encoder therefore knows

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Column":
        return cls(**values)
