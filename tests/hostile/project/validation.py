"""A text and two numbers: what hostile inputs aim at."""

from pydantic import BaseModel


class PredictionData(BaseModel):
    text: str
    number: float = 0
    count: int = 0
