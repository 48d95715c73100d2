"""One field of PredictionData, before it is written as Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Base = Literal["int", "float", "bool", "str", "list[str]", "date", "datetime", "Literal"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """`marks` say what the user has to look at; `example` and `choices` are JSON values."""

    column: str
    name: str
    base: Base
    title: str
    units: str | None = None
    choices: Sequence[Any] = ()
    optional: bool = False
    low: float | None = None
    high: float | None = None
    max_length: int | None = None
    example: Any = None
    marks: Sequence[str] = ()

    @property
    def numeric(self) -> bool:
        return self.base in {"int", "float"}

    def value(self, given: Any) -> Any:
        """A value of the training data as a client sends it; what the field can't hold stays as it is."""
        if given is None:
            return None
        if self.base == "Literal":
            return choice_of(given, self.choices)
        if self.base == "bool":
            return bool(given) if isinstance(given, int | float) else choice_of(given, [False, True])
        if self.base in {"str", "date"} and not isinstance(given, str):
            return str(given)
        if self.base == "date":
            return given[:10]
        return given

    def holds(self, value: Any) -> bool:
        """Whether a client may send it, as far as gaps and choices go."""
        if value is None:
            return self.optional
        return self.base != "Literal" or value in self.choices


def choice_of(given: Any, choices: Sequence[Any]) -> Any:
    """The choice that a value of the data stands for: equal, or written alike; else the value itself."""
    for choice in choices:
        if choice == given and isinstance(choice, bool) == isinstance(given, bool):
            return choice
    text = text_of(given)
    return next((choice for choice in choices if text_of(choice) == text), given)


def text_of(value: Any) -> str:
    """2.0 is written as 2 is: a gap elsewhere in its column makes floats of whole numbers."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
