"""In front of the app on one machine: predictions are asked for and read without what FastAPI does around a request.

That is a fifth of a request's time: a search for its route, spans for a telemetry that nobody has set up, stacks of
things to close. All else goes to the app, and so does whoever asks from another origin.
"""

from fastapi import FastAPI, Request, Response
from starlette.types import Receive, Scope, Send

from app.documented import Endpoint, PlainRoute
from app.failures import KNOWN, answer

ID = "prediction_id"
SHORT = (("POST", "/api/predict"), ("GET", f"/api/predict/{{{ID}}}"), ("DELETE", f"/api/predict/{{{ID}}}"))
"""Methods and paths, below whatever prefix."""
VARY = (b"vary", b"Origin")
"""What CORS adds to the answer for those who say no origin."""


class Front:
    """The app, its predictions by a shorter way."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._endpoints: dict[tuple[str, str], Endpoint] = {
            (method, route.path): route.endpoint
            for method, path in SHORT
            for route in app.routes
            if isinstance(route, PlainRoute) and route.path.endswith(path) and method in (route.methods or ())
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint(scope) if scope["type"] == "http" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            response: Response = await endpoint(request)
        except KNOWN as error:
            response = answer(request, error)
        except Exception as error:
            await answer(request, error)(scope, receive, send)
            raise
        response.raw_headers.append(VARY)
        await response(scope, receive, send)

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        """With the path's prediction_id in the scope; None for a request that is not answered here."""
        if b"origin" in dict(scope["headers"]):
            return None
        found = self._endpoints.get((scope["method"], scope["path"]))
        if found is None:
            folder, _, last = scope["path"].rpartition("/")
            found = self._endpoints.get((scope["method"], f"{folder}/{{{ID}}}")) if last else None
            scope["path_params"] = {ID: last}
        return found
