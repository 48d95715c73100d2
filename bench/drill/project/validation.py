"""The schema of the drill's service: a number that tells every record apart, and what the model shall do with it."""

from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    """One record."""

    number: int = Field(ge=0, description="No two records of a drill have the same.")
    x: float
    deed: str = Field("none", max_length=20, description="How the model is to misbehave.")
