"""A schema with a field of each kind; strict, so that what its JSON schema says is all that it takes."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def as_json_schema_has_it(value: Any) -> Any:
    """There, 5.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class PredictionData(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    measure: float = Field(ge=-1e6, le=1e6)
    count: Annotated[int, BeforeValidator(as_json_schema_has_it)] = Field(ge=0, le=1000)
    text: str = Field(max_length=40)
    code: str = Field(pattern="^[a-z]{2,4}$")
    colour: Literal["red", "green", "blue"]
    sold: bool
    day: date
    note: str | None = None
    tags: list[Annotated[str, Field(max_length=8)]] = Field(default_factory=list, max_length=4)
