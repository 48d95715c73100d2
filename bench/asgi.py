"""A POST to the ASGI app, as a server hands it over once the HTTP is parsed."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

ASGI = Callable[..., Awaitable[None]]


async def post(app: ASGI, body: bytes) -> None:
    """Raises RuntimeError when it is not accepted."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: MutableMapping[str, Any]) -> None:
        statuses.extend([event["status"]] if "status" in event else [])

    headers = [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")]
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/api/predict",
            "raw_path": b"/api/predict",
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
            "state": {},
        },
        receive,
        send,
    )
    if statuses != [202]:
        raise RuntimeError(f"the app answered {statuses}")
