"""The schema of a record: what clients send, and the columns that the model was trained on."""

from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    """An iris flower, measured by hand."""

    sepal_length: float = Field(
        alias="sepal length (cm)", title="Sepal length", json_schema_extra={"units": "cm"}, ge=3, le=9, examples=[5.1]
    )
    sepal_width: float = Field(
        alias="sepal width (cm)", title="Sepal width", json_schema_extra={"units": "cm"}, ge=1, le=6, examples=[3.5]
    )
    petal_length: float = Field(
        alias="petal length (cm)", title="Petal length", json_schema_extra={"units": "cm"}, ge=0.5, le=9, examples=[1.4]
    )
    petal_width: float = Field(
        alias="petal width (cm)", title="Petal width", json_schema_extra={"units": "cm"}, ge=0, le=4, examples=[0.2]
    )
