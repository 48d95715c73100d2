"""The one place where an error becomes an HTTP status."""

import logging

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from serving import errors

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
KNOWN = (errors.RequestRefused, errors.Unavailable, ClientDisconnect)
"""Anything else is a bug: it is raised again when the client has been answered, so that the log has its traceback."""


def answer(request: Request, error: Exception) -> Response:
    """What the client is told."""
    if isinstance(error, errors.RequestRefused):
        return _refused(error)
    if isinstance(error, errors.Unavailable):
        logger.error("%s %s: %s", request.method, request.url.path, error)
        headers = {"Retry-After": str(UNAVAILABLE_RETRY_SECONDS), "Cache-Control": "no-store"}
        return JSONResponse({"detail": "The service can't be reached in full just now: try again."}, 503, headers)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody reads it: the client left before its request was whole
    # The server hangs up after this: told nothing of that, the client would send its next request into a closed
    # connection.
    return JSONResponse({"detail": "Internal error."}, 500, {"Cache-Control": "no-store", "Connection": "close"})


def _refused(error: errors.RequestRefused) -> Response:
    status = next(code for kind, code in STATUSES.items() if isinstance(error, kind))
    detail = error.errors if isinstance(error, errors.InvalidRequest) else str(error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.TooLarge):
        headers["Connection"] = "close"  # the rest of the body, if there is any, is not read
    return JSONResponse({"detail": detail}, status, headers)
