"""The schema of a neighbourhood, as the Boston of 1970 described it: the columns that house prices are learned from.

The data set has one column more, `b`. It is left out on purpose: it is computed from the share of Black residents, as
if their presence set a price. scikit-learn removed its `load_boston` for that. No service should ask for it, or use it.
"""

from pydantic import BaseModel, Field

PERCENT = {"units": "%"}


class PredictionData(BaseModel):
    """A neighbourhood of Boston or its suburbs; what is said of the town holds for all of its neighbourhoods."""

    crim: float = Field(title="Crime rate of the town", ge=0, le=100, examples=[0.02731])
    zn: float = Field(
        title="Land for large homes",
        description="The town's share of land where only lots of over 25,000 square feet are built on",
        json_schema_extra=PERCENT,
        ge=0,
        le=100,
        examples=[0],
    )
    indus: float = Field(
        title="Land for industry",
        description="The town's share of land for business other than shops",
        json_schema_extra=PERCENT,
        ge=0,
        le=100,
        examples=[7.07],
    )
    chas: bool = Field(title="On the Charles River", examples=[False])
    nox: float = Field(
        title="Nitric oxides in the air",
        json_schema_extra={"units": "parts per 10 million"},
        ge=0.1,
        le=1.5,
        examples=[0.469],
    )
    rm: float = Field(title="Rooms of a home", description="On average", ge=1, le=12, examples=[6.421])
    age: float = Field(
        title="Old homes",
        description="Share of the homes built before 1940",
        json_schema_extra=PERCENT,
        ge=0,
        le=100,
        examples=[78.9],
    )
    dis: float = Field(
        title="Way to work",
        description="Weighted distance to five centres of employment",
        ge=0.5,
        le=20,
        examples=[4.9671],
    )
    rad: int = Field(title="Access to motorways", description="1 is poor, 24 is best", ge=1, le=24, examples=[2])
    tax: int = Field(
        title="Property tax of the town",
        json_schema_extra={"units": "$ for each $10,000 of value"},
        ge=100,
        le=1000,
        examples=[242],
    )
    ptratio: float = Field(title="Pupils for each teacher", ge=5, le=40, examples=[17.8])
    lstat: float = Field(
        title="Residents of low status",
        description="The authors' word, for labourers and for adults who never went to high school",
        json_schema_extra=PERCENT,
        ge=0,
        le=100,
        examples=[9.14],
    )
