"""What the OpenAPI document says of the routes, and a route that FastAPI only documents.

FastAPI would read the headers of each request, too, and take longer for it than all the rest of a POST takes here.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app import contract
from serving.errors import Unavailable
from serving.keys import KeyRing
from serving.project import Project

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
JSON = "application/json"
KEY_SCHEME = "APIKeyHeader"
AN_OBJECT: dict[int | str, dict[str, Any]] = {200: {"content": {JSON: {"schema": {"type": "object"}}}}}
LONGEST_IDEMPOTENCY_KEY = 255
_SCHEMES = {
    KEY_SCHEME: {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "Needed when the service has API keys.",
    }
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "prediction_id": {"in": "path", "required": True, "schema": {"type": "string"}},
    "Prefer": {
        "in": "header",
        "required": False,
        "description": "`wait=N`: hold the answer back for N seconds, until it is finished.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "in": "header",
        "required": False,
        "description": "The same key and body give the same prediction_id, however often they are sent.",
        "schema": {"type": "string", "maxLength": LONGEST_IDEMPOTENCY_KEY},
    },
}


class PlainRoute(APIRoute):
    """Calls its endpoint with the request alone."""

    def get_route_handler(self) -> Endpoint:
        handler: Endpoint = self.endpoint
        return handler


def parameters(*names: str, keyed: bool = False) -> dict[str, Any]:
    """What a plain route reads from the request; `keyed`: the API key as well."""
    named = [{"name": name, **_PARAMETERS[name]} for name in names]
    return {"parameters": named, **({"security": [{KEY_SCHEME: []}]} if keyed else {})}


def answers(models: dict[int, Any], *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The documents of the answers by status, those of `refusals` among them."""
    refused: dict[int | str, dict[str, Any]] = {
        code: {"model": contract.Invalid if code == 422 else contract.Refusal} for code in refusals
    }
    return {**{code: {"model": model} for code, model in models.items()}, **refused}


def request_body(project: Project) -> dict[str, Any]:
    """One record, an array, or a CSV."""
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


def openapi(app: FastAPI, project: Project, keys: KeyRing) -> dict[str, Any]:
    """The document, made when it is first asked for; whether a key must be shown is always told as it is now."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema = project.schema.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas |= schema.pop("$defs", {})
        schemas[project.schema.__name__] = schema
        document["components"]["securitySchemes"] = _SCHEMES
        app.openapi_schema = document
    with suppress(Unavailable):  # the description needs no store
        if keys.stale:
            keys.refresh()
    for operation in (found for path in app.openapi_schema["paths"].values() for found in path.values()):
        if "security" in operation:
            operation["security"] = [{KEY_SCHEME: []}] if keys.required else [{KEY_SCHEME: []}, {}]
    return app.openapi_schema
