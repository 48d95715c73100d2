"""create_app(settings): the FastAPI app with its parts."""

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

from app.body import BodyReader
from app.docs import mount_docs
from app.documented import openapi
from app.failures import KNOWN, answer
from app.info import Info
from app.predictions import Predictions
from app.routes import Parts, build_routes
from app.throttle import build_throttle
from app.usage import Usage
from serving.adapters import Backend
from serving.backend import connect
from serving.keys import KeyRing
from serving.project import Project
from serving.settings import Settings

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
            CORSMiddleware,
            allow_origins=[origin.strip() for origin in settings.cors_origins.split(",")],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Prefer", "Idempotency-Key", "X-API-Key", "Content-Type"],
            expose_headers=["Location", "Retry-After", "Preference-Applied"],
        )
    for kind in (*KNOWN, Exception):
        app.add_exception_handler(kind, _answered)
    app.openapi = lambda: openapi(app, project, keys)  # type: ignore[method-assign]  # as FastAPI documents it
    mount_docs(app)
    return app


async def _answered(request: Request, error: Exception) -> Response:
    return answer(request, error)
