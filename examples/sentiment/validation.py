"""The schema of a film review: one text, as people write it or a web page holds it."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints


class PredictionData(BaseModel):
    """What somebody wrote about a film."""

    review: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        title="Review",
        description="In English; HTML may be left in",
        min_length=1,
        max_length=100_000,
        examples=["A slow start, but what follows is moving and beautifully played.<br /><br />Don't miss it."],
    )
