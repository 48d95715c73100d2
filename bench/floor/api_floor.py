"""The least that an API of these packages costs: FastAPI behind Mangum, a pydantic body, the clients of boto3."""

from typing import Any

import boto3
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel, Field

queue, table, bucket = (boto3.client(name) for name in ("sqs", "dynamodb", "s3"))
app = FastAPI()


class Record(BaseModel):
    """An iris flower."""

    sepal_length: float = Field(alias="sepal length (cm)", ge=3, le=9)
    sepal_width: float = Field(alias="sepal width (cm)", ge=1, le=6)
    petal_length: float = Field(alias="petal length (cm)", ge=0.5, le=9)
    petal_width: float = Field(alias="petal width (cm)", ge=0, le=4)


@app.post("/api/predict", status_code=202)
async def post(record: Record) -> dict[str, Any]:
    return {"prediction_id": "x", "status": "pending"}


handler = Mangum(app, lifespan="off")
