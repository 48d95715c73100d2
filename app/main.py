"""create_app(settings): the FastAPI app with its parts, and the one place where an error becomes an HTTP status."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from app.body import BodyReader
from app.cors import Cors
from app.docs import mount_docs
from app.documented import openapi
from app.info import Info
from app.predictions import Predictions
from app.routes import Parts, build_routes
from app.throttle import build_throttle
from app.usage import Usage
from serving import errors
from serving.adapters import Backend
from serving.backend import connect
from serving.keys import KeyRing
from serving.project import Project
from serving.settings import Settings

logger = logging.getLogger(__name__)

UNAVAILABLE_RETRY_SECONDS = 5
STATUSES: dict[type[errors.RequestRefused], int] = {
    errors.InvalidRequest: 422,
    errors.TooLarge: 413,
    errors.UnsupportedType: 415,
    errors.Unauthorized: 401,
    errors.TooManyRequests: 429,
    errors.UnknownPrediction: 404,
    errors.GonePrediction: 410,
}
DESCRIPTION = "Send records, get a prediction_id, and read the model's answer from `Location`."


def create_app(settings: Settings, backend: Backend | None = None) -> FastAPI:
    """The API for the project that the settings name; tests pass a backend of their own.

    Raises ConfigurationError. The first request that needs them reads the keys.
    """
    project = Project.load(settings.project_dir)
    backend = backend or connect(settings)
    keys = KeyRing(backend.predictions, ttl=settings.result_ttl)
    parts = Parts(
        project=project,
        predictions=Predictions(backend, keys, project.schema_hash),
        reader=BodyReader(project, settings),
        keys=keys,
        throttle=build_throttle(settings.rate_limit),
        usage=Usage(),
        queue=backend.queue,
        info=Info(project, settings, backend.registry, backend.predictions),
        wait_limit=settings.wait_limit,
        max_body=settings.max_body,
    )
    app = FastAPI(
        title=project.title, description=DESCRIPTION, version=project.schema_hash, docs_url=None, redoc_url=None
    )
    app.router.routes.extend(build_routes(parts))  # not included: that would match each request twice
    app.router.routes.extend(build_routes(parts, prefix=f"/{settings.stage}", documented=False))
    if settings.backend == "local":  # on AWS the gateway does it, and drops what an app says: serverless.yml
        app.add_middleware(
            Cors,
            allow_origins=[origin.strip() for origin in settings.cors_origins.split(",")],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Prefer", "Idempotency-Key", "X-API-Key", "Content-Type"],
            expose_headers=["Location", "Retry-After", "Preference-Applied"],
        )
    app.add_exception_handler(errors.RequestRefused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _left)
    app.add_exception_handler(errors.Unavailable, _unavailable)
    app.add_exception_handler(Exception, _failed)
    app.openapi = lambda: openapi(app, project, keys)  # type: ignore[method-assign]  # as FastAPI documents it
    mount_docs(app)
    return app


async def _refused(request: Request, error: Exception) -> JSONResponse:
    status = next(code for kind, code in STATUSES.items() if isinstance(error, kind))
    detail = error.errors if isinstance(error, errors.InvalidRequest) else str(error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.TooLarge):
        headers["Connection"] = "close"  # the rest of the body, if there is any, is not read
    return JSONResponse({"detail": detail}, status, headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """A header that is wrong, told as a body's errors are: without what was sent, which may be a secret."""
    assert isinstance(error, RequestValidationError)
    found = [{"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]} for each in error.errors()]
    return await _refused(request, errors.InvalidRequest(found))


async def _left(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it: the client left before its request was whole


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    logger.error("%s %s: %s", request.method, request.url.path, error)
    headers = {"Retry-After": str(UNAVAILABLE_RETRY_SECONDS), "Cache-Control": "no-store"}
    return JSONResponse({"detail": "The service can't be reached in full just now: try again."}, 503, headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # Starlette raises it again, and the server logs the traceback, which the client must not see, and hangs up: told
    # nothing of that, the client would send its next request into a closed connection.
    return JSONResponse({"detail": "Internal error."}, 500, {"Cache-Control": "no-store", "Connection": "close"})
