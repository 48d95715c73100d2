"""The routes under /api: HTTP in, HTTP out, and nothing else."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic_core import to_json

from app import contract
from app.body import BodyReader
from app.csv_answer import to_csv
from app.info import Info
from app.predictions import Claim, Predictions
from app.reading import read_body
from app.throttle import Throttle
from app.usage import UNKNOWN, Usage
from app.waiting import preferred_wait
from serving.errors import Unauthorized, Unavailable
from serving.keys import KeyRing
from serving.ports import PredictionQueue
from serving.prediction import Prediction, Status, iso
from serving.project import Project

RETRY_SECONDS = "1"
KEY_SCHEME = "APIKeyHeader"
JSON = "application/json"
OTHER_METHODS = ["POST", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"]

Prefer = Annotated[
    str | None, Header(description="`wait=N`: hold the answer back for N seconds, until it is finished.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=255, description="The same key and body give the same prediction_id, however often they are sent."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the routes call."""

    project: Project
    predictions: Predictions
    reader: BodyReader
    keys: KeyRing
    throttle: Throttle
    usage: Usage
    queue: PredictionQueue
    info: Info
    wait_limit: float
    max_body: int


def build_router(parts: Parts) -> APIRouter:
    """The routes for `parts`."""
    router = APIRouter(prefix="/api")
    show_key = APIKeyHeader(
        name="X-API-Key",
        scheme_name=KEY_SCHEME,
        auto_error=False,
        description="Needed when the service has API keys.",
    )

    async def caller(key: Annotated[str | None, Depends(show_key)]) -> str:
        """The name of the API key that the request shows; "" when the service has none."""
        await parts.predictions.refresh_keys()
        name = parts.keys.authenticate(key)
        if name is None:
            parts.usage.refuse(UNKNOWN)
            raise Unauthorized(
                "This service needs an API key: send it as X-API-Key."
                if key is None
                else "This service does not know the API key that X-API-Key shows."
            )
        return name

    Caller = Annotated[str, Depends(caller)]

    @router.post(
        "/predict",
        status_code=202,
        summary="Ask for predictions",
        responses=_documented(
            {202: contract.Accepted, 200: contract.PredictionBody}, 401, 410, 413, 415, 422, 429, 503
        ),
        openapi_extra={"requestBody": _request_body(parts.project)},
        response_class=JSONResponse,
    )
    async def post(
        request: Request, name: Caller, prefer: Prefer = None, idempotency_key: IdempotencyKey = None
    ) -> Response:
        with parts.usage.asking(name):
            parts.throttle(name, request.client.host if request.client else "")
            body = await read_body(request, parts.max_body)
            records = await parts.reader.records(body, request.headers.get("content-type", ""))
            claim = None
            if idempotency_key:
                claim = Claim(owner=name, key=idempotency_key, body_hash=hashlib.sha256(records.payload).hexdigest())
            wait = preferred_wait(request.headers.getlist("prefer"), parts.wait_limit)
            prediction, document = await parts.predictions.accept(records, claim, wait, caller=name)
        parts.usage.accept(name, records.count)
        location = {"Location": f"{request.url.path.rstrip('/')}/{prediction.prediction_id}"}
        if document is not None and wait is not None:
            return await _answer(request, document, {**location, **_applied(wait)})
        headers = location if document is not None else {**location, "Retry-After": RETRY_SECONDS}
        return Response(_accepted(prediction), 202, _no_store(headers), JSON)

    @router.get(
        "/predict/{prediction_id}",
        summary="Read a prediction",
        responses=_documented({200: contract.PredictionBody}, 404, 410, 422, 503),
        response_class=JSONResponse,
    )
    async def get(request: Request, prediction_id: str, prefer: Prefer = None) -> Response:
        await parts.predictions.refresh_keys()
        wait = preferred_wait(request.headers.getlist("prefer"), parts.wait_limit)
        prediction, document = await parts.predictions.read(prediction_id, wait)
        if prediction.status is Status.PENDING:
            return Response(document, 200, _no_store({"Retry-After": RETRY_SECONDS}), JSON)
        return await _answer(request, document, _applied(wait) if wait is not None else {})

    @router.delete(
        "/predict/{prediction_id}",
        status_code=204,
        summary="Cancel or erase a prediction",
        responses=_documented({}, 401, 404, 410, 422, 503),
    )
    async def delete(prediction_id: str, name: Caller) -> Response:
        await parts.predictions.erase(prediction_id)
        return Response(status_code=204, headers=_no_store({}))

    @router.api_route("/predict/{prediction_id}", methods=OTHER_METHODS, include_in_schema=False)
    async def neither() -> None:  # else Allow would name only the first of the two
        raise HTTPException(405, headers={"Allow": "GET, DELETE"})

    @router.get("/info", summary="What this service predicts, with which model and limits")
    async def info(request: Request) -> dict[str, Any]:
        with suppress(Unavailable):  # the description needs no store
            await parts.predictions.refresh_keys()
        return await parts.info.describe(str(request.base_url).rstrip("/"), keyed=parts.keys.required)

    @router.get("/schema", summary="The JSON schema of a record")
    async def schema() -> dict[str, Any]:
        return parts.project.json_schema

    @router.get(
        "/health",
        summary="Whether all parts can be reached",
        responses=_documented({200: contract.Health, 503: contract.Health}),
    )
    async def health() -> Response:
        state: dict[str, Any] = {"status": "ok", "api": "ok", "queue": "ok", "store": "ok"}
        try:
            depth = await asyncio.to_thread(parts.queue.depth)
            state |= {
                "waiting": depth.waiting,
                "in_flight": depth.in_flight,
                "oldest_seconds": depth.oldest_seconds,
            }
        except Unavailable:
            state |= {"queue": "unavailable", "status": "unavailable"}
        try:
            await parts.predictions.check_store()
        except Unavailable:
            state |= {"store": "unavailable", "status": "unavailable"}
        ok = state["status"] == "ok"
        return Response(to_json(state), 200 if ok else 503, _no_store({} if ok else {"Retry-After": "5"}), JSON)

    return router


async def _answer(request: Request, document: bytes, headers: dict[str, str]) -> Response:
    if "text/csv" in request.headers.get("accept", ""):
        text = await asyncio.to_thread(to_csv, document)
        if text is not None:
            return Response(text, 200, _no_store(headers), "text/csv")
    return Response(document, 200, _no_store(headers), JSON)


def _accepted(prediction: Prediction) -> bytes:
    return to_json(
        {
            "prediction_id": prediction.prediction_id,
            "status": prediction.status,
            "accepted_at": iso(prediction.accepted_at),
            "expires_at": iso(prediction.expires_at),
        }
    )


def _applied(wait: float) -> dict[str, str]:
    return {"Preference-Applied": f"wait={wait:g}"}


def _no_store(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Cache-Control": "no-store"}


def _documented(models: dict[int, Any], *refusals: int) -> dict[int | str, dict[str, Any]]:
    refused: dict[int | str, dict[str, Any]] = {
        code: {"model": contract.Invalid if code == 422 else contract.Refusal} for code in refusals
    }
    return {**{code: {"model": model} for code, model in models.items()}, **refused}


def _request_body(project: Project) -> dict[str, Any]:
    record = {"$ref": f"#/components/schemas/{project.schema.__name__}"}
    header = ",".join(project.own_columns)
    return {
        "required": True,
        "content": {
            JSON: {
                "schema": {"anyOf": [record, {"type": "array", "items": record, "minItems": 1}]},
                "example": project.example,
            },
            "text/csv": {"schema": {"type": "string", "description": f"First row: {header}"}},
        },
    }
