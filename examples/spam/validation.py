"""The schema of a text message: its words, as they arrived."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints


class PredictionData(BaseModel):
    """One SMS; 2,000 characters are more than a phone sends at once."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] = Field(
        title="Message",
        description="The whole text: numbers, capitals and odd spelling tell a lot",
        examples=["WINNER! You have been chosen for a free holiday. Call 09061 234567 now, quote code K52. 18+ only."],
    )
