"""The form at `/` of a service on this machine, beside its API."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from app.info import description
from commands.webform.building import DIST
from commands.webform.writing import CONFIG, config
from serving.project import Project
from serving.settings import Settings

HEADERS = {  # beside those of every answer
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page names the rest itself
}
MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>No form yet</title>
<h1>The form is not built</h1><p><code>cli form</code> builds it; then load this page again.</p>
<p>The API is here: <a href="docs">its pages</a>.</p></html>"""


class _Form(StaticFiles):
    """The files as they are now: whoever builds the form anew need not serve anew."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # a file of assets/ has the hash of its content in its name
        age = "max-age=31536000, immutable" if scope["path"].startswith("/assets/") else "no-cache"
        response.headers.update({**HEADERS, "Cache-Control": age})
        return response


def mount_form(app: FastAPI, settings: Settings) -> None:
    """Serve the form's own addresses; all others stay the API's."""
    text = config("", description(Project.load(settings.project_dir), settings))
    top, assets = (_Form(directory=folder, check_dir=False) for folder in (DIST, DIST / "assets"))
    app.mount("/assets", assets)

    @app.get(f"/{CONFIG}", include_in_schema=False)
    async def configuration() -> Response:
        return Response(text, media_type="application/json", headers={**HEADERS, "Cache-Control": "no-cache"})

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        if not (DIST / "index.html").is_file():
            return HTMLResponse(MISSING, 404, HEADERS)
        return await top.get_response("index.html", request.scope)

    @app.get("/favicon.svg", include_in_schema=False)
    async def icon(request: Request) -> Response:
        return await top.get_response("favicon.svg", request.scope)
