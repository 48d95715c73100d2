"""The routes under /api: HTTP in, HTTP out, and nothing else."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import to_json
from starlette.routing import BaseRoute

from app import contract
from app.answers import NO_STORE, Document, Header
from app.body import BodyReader
from app.csv_answer import to_csv
from app.documented import AN_OBJECT, LONGEST_IDEMPOTENCY_KEY, PlainRoute, answers, parameters, request_body
from app.failures import UNAVAILABLE_RETRY_SECONDS
from app.info import Info
from app.predictions import Claim, Predictions
from app.reading import header, headers, read_body
from app.throttle import Throttle
from app.usage import UNKNOWN, Usage
from app.waiting import preferred_wait
from serving.errors import InvalidRequest, RequestRefused, Unauthorized, Unavailable
from serving.keys import KeyRing
from serving.ports import PredictionQueue
from serving.prediction import Status
from serving.project import Project

RETRY: Header = (b"retry-after", b"1")
RETRY_LATER: Header = (b"retry-after", b"%d" % UNAVAILABLE_RETRY_SECONDS)
OTHER_METHODS = ["POST", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"]


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


def build_routes(parts: Parts, *, prefix: str = "", documented: bool = True) -> list[BaseRoute]:
    """The routes for `parts`, below `prefix`."""
    router = APIRouter(prefix=f"{prefix}/api", route_class=PlainRoute, include_in_schema=documented)

    @router.post(
        "/predict",
        status_code=202,
        summary="Ask for predictions",
        responses=answers({202: contract.Accepted, 200: contract.PredictionBody}, 401, 410, 413, 415, 422, 429, 503),
        openapi_extra={
            **parameters("Prefer", "Idempotency-Key", keyed=True),
            "requestBody": request_body(parts.project),
        },
        response_class=JSONResponse,
    )
    async def post(request: Request) -> Response:
        name = await _caller(parts, request)
        try:
            parts.throttle(name, request.client.host if request.client else "")
            kind = header(request, b"content-type") or ""
            keyed = header(request, b"idempotency-key") is not None
            records = await parts.reader.records(await read_body(request, parts.max_body), kind, digest=keyed)
            key = _idempotency_key(request)
            claim = key and Claim(owner=name, key=key, body_hash=records.digest)
            wait = _wait(parts, request)
            prediction, document = await parts.predictions.accept(records, claim or None, wait, caller=name)
        except RequestRefused:
            parts.usage.refuse(name)
            raise
        parts.usage.accept(name, records.count)
        place = f"{request.scope['path'].rstrip('/')}/{prediction.prediction_id}"
        location = (b"location", place.encode("latin-1"))
        if document is not None and wait is not None:
            return await _answer(request, document, location, _applied(wait))
        found = [location] if document is not None else [location, RETRY]
        return Document(prediction.to_json(), 202, *found, NO_STORE)

    @router.get(
        "/predict/{prediction_id}",
        summary="Read a prediction",
        responses=answers({200: contract.PredictionBody}, 404, 410, 422, 503),
        openapi_extra=parameters("prediction_id", "Prefer"),
        response_class=JSONResponse,
    )
    async def get(request: Request) -> Response:
        await parts.predictions.refresh_keys()
        wait = _wait(parts, request)
        prediction, document = await parts.predictions.read(request.path_params["prediction_id"], wait)
        if prediction.status is Status.PENDING:
            return Document(document, 200, RETRY, NO_STORE)
        return await _answer(request, document, *([] if wait is None else [_applied(wait)]))

    @router.delete(
        "/predict/{prediction_id}",
        status_code=204,
        summary="Cancel or erase a prediction",
        responses=answers({}, 401, 404, 410, 422, 503),
        openapi_extra=parameters("prediction_id", keyed=True),
    )
    async def delete(request: Request) -> Response:
        await _caller(parts, request)
        await parts.predictions.erase(request.path_params["prediction_id"])
        response = Response(status_code=204)
        response.raw_headers.append(NO_STORE)
        return response

    @router.api_route("/predict/{prediction_id}", methods=OTHER_METHODS, include_in_schema=False)
    async def neither(request: Request) -> Response:  # else Allow would name only the first of the two
        raise HTTPException(405, headers={"Allow": "GET, DELETE"})

    @router.get("/info", summary="What this service predicts, with which model and limits", responses=AN_OBJECT)
    async def info(request: Request) -> Response:
        with suppress(Unavailable):  # the description needs no store
            await parts.predictions.refresh_keys()
        found = await parts.info.describe(str(request.base_url).rstrip("/"), keyed=parts.keys.required)
        return JSONResponse(found)

    @router.get("/schema", summary="The JSON schema of a record", responses=AN_OBJECT)
    async def schema(request: Request) -> Response:
        return JSONResponse(parts.project.json_schema)

    @router.get(
        "/health",
        summary="Whether all parts can be reached",
        responses=answers({200: contract.Health, 503: contract.Health}),
    )
    async def health(request: Request) -> Response:
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
        return Document(to_json(state), 200 if ok else 503, *([] if ok else [RETRY_LATER]), NO_STORE)

    return router.routes


async def _caller(parts: Parts, request: Request) -> str:
    """The name of the API key that the request shows; "" when the service has none. Raises Unauthorized."""
    await parts.predictions.refresh_keys()
    if not parts.keys.required:
        return ""
    key = header(request, b"x-api-key")
    name = parts.keys.authenticate(key)
    if name is not None:
        return name
    parts.usage.refuse(UNKNOWN)
    raise Unauthorized(
        "This service needs an API key: send it as X-API-Key."
        if key is None
        else "This service does not know the API key that X-API-Key shows."
    )


def _wait(parts: Parts, request: Request) -> float | None:
    return preferred_wait(headers(request, b"prefer"), parts.wait_limit)


def _idempotency_key(request: Request) -> str | None:
    """Raises InvalidRequest for one that is too long."""
    key = header(request, b"idempotency-key")
    if key is None or len(key) <= LONGEST_IDEMPOTENCY_KEY:
        return key
    message = f"String should have at most {LONGEST_IDEMPOTENCY_KEY} characters"
    raise InvalidRequest([{"loc": ["header", "Idempotency-Key"], "msg": message, "type": "string_too_long"}])


async def _answer(request: Request, document: bytes, *said: Header) -> Response:
    if "text/csv" in (header(request, b"accept") or ""):
        text = await asyncio.to_thread(to_csv, document)
        if text is not None:
            response = Response(text, 200, None, "text/csv")
            response.raw_headers += [*said, NO_STORE]
            return response
    return Document(document, 200, *said, NO_STORE)


@lru_cache(maxsize=64)
def _applied(wait: float) -> Header:
    return b"preference-applied", b"wait=%g" % wait
