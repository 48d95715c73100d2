"""The least that an API of these packages costs: FastAPI behind Mangum, a pydantic body, the clients of boto3."""

from typing import Any

import boto3
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

queue, table, bucket = (boto3.client(name) for name in ("sqs", "dynamodb", "s3"))
app = FastAPI()


class Record(BaseModel):
    """Four numbers, as the iris project's."""

    a: float
    b: float
    c: float
    d: float


@app.post("/api/predict", status_code=202)
async def post(record: Record) -> dict[str, Any]:
    return {"prediction_id": "x", "status": "pending"}


handler = Mangum(app, lifespan="off")
