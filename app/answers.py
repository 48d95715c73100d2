"""What holds of every answer: a header, and how Lambda can carry it: 6 MB, as JSON in which the body is a string."""

import base64
from typing import Any

from starlette.responses import Response

Header = tuple[bytes, bytes]
"""Its name in small letters, and its value."""
LARGE = 2 * 1024 * 1024
"""Characters from which on a text is worth counting: below it, not even escaping every one could reach 6 MB."""
HEADERS = {"x-content-type-options": "nosniff"}
"""Of every answer, whatever it is: written by what serves the app, so that no request pays for a middleware."""
NO_STORE: Header = (b"cache-control", b"no-store")


def carried(response: dict[str, Any]) -> dict[str, Any]:
    """With HEADERS; a large text as base64, which grows by a third; escaped, every quote in it would take two bytes.

    So MAX_RESULT bytes (4 MiB) always arrive, whatever they are.
    """
    response = {**response, "headers": {**response["headers"], **HEADERS}}
    body = response.get("body", "")
    if response.get("isBase64Encoded") or len(body) < LARGE:
        return response
    return {**response, "body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True}


class Document(Response):
    """A JSON body as it is. Starlette's own looks which headers are missing, which takes three times as long."""

    def __init__(self, body: bytes, status_code: int, *headers: Header) -> None:
        self.status_code = status_code
        self.body = body
        self.background = None
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
