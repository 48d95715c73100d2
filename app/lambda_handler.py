"""The API Lambda: everything is made while this is imported, when Lambda lends a whole processor."""

from typing import Any

from serving.start import around_snapshots, starting

with starting():
    from mangum import Mangum
    from starlette.middleware.gzip import GZipMiddleware

    from app.answers import carried
    from app.main import create_app
    from serving.logs import log_as
    from serving.settings import Settings

    settings = Settings.read()
    log_as(settings.log_level, records=settings.log_records)
    app = create_app(settings)
    app.add_middleware(GZipMiddleware, minimum_size=64 * 1024, compresslevel=4)
    mangum = Mangum(app, lifespan="off")
    around_snapshots()  # nothing has been asked of AWS yet: no connection is open, and no key is known


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One request of the HTTP API, payload format 2.0."""
    return carried(mangum(event, context))
