"""The schema of a recipe: its ingredients, in the words of whoever wrote it down."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

Ingredient = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PredictionData(BaseModel):
    """A recipe without amounts or steps."""

    ingredients: list[Ingredient] = Field(
        title="Ingredients",
        description="One name for each, such as `soy sauce`; upper case, accents and order make no difference",
        min_length=1,
        max_length=100,
        examples=[["corn tortillas", "black beans", "avocado", "lime", "jalapeno chilies", "queso fresco"]],
    )
