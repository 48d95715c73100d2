"""The schema of the benchmarks' model: a person of the 1994 census, as UCI Adult has it."""

from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    """`?` stands for a value that is missing."""

    age: int = Field(ge=0, le=120, examples=[39])
    workclass: str = Field(max_length=40, examples=["State-gov"])
    fnlwgt: int = Field(ge=0, examples=[77516])
    education: str = Field(max_length=40, examples=["Bachelors"])
    education_num: int = Field(alias="education-num", ge=0, examples=[13])
    marital_status: str = Field(alias="marital-status", max_length=40, examples=["Never-married"])
    occupation: str = Field(max_length=40, examples=["Adm-clerical"])
    relationship: str = Field(max_length=40, examples=["Not-in-family"])
    race: str = Field(max_length=40, examples=["White"])
    sex: str = Field(max_length=40, examples=["Male"])
    capital_gain: int = Field(alias="capital-gain", ge=0, examples=[2174])
    capital_loss: int = Field(alias="capital-loss", ge=0, examples=[0])
    hours_per_week: int = Field(alias="hours-per-week", ge=0, le=168, examples=[40])
    native_country: str = Field(alias="native-country", max_length=40, examples=["United-States"])
