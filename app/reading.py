"""A request's bytes as they were sent: within MAX_BODY, in no coding, and of which media type."""

from dataclasses import dataclass
from email.message import Message as MimeHeaders
from functools import lru_cache

from starlette.requests import ClientDisconnect, Request

from serving.errors import TooLarge, UnsupportedType

DRAIN = 64 * 1024 * 1024
"""Bytes of a body that is too large which are still read, and dropped: a client that is cut off sees no answer."""
_PLAIN = {b"content-encoding": b"identity", b"transfer-encoding": b"chunked"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaType:
    """What a Content-Type says; `header` is whether a CSV has a first row of names."""

    kind: str
    charset: str | None
    header: bool


def header(request: Request, name: bytes) -> str | None:
    """The first header of this name, in small letters: `request.headers` would make a mapping for it."""
    for found, value in request.scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None


def headers(request: Request, name: bytes) -> list[str]:
    """All headers of this name, in their order."""
    return [str(value, "latin-1") for found, value in request.scope["headers"] if found == name]


async def read_body(request: Request, most: int) -> bytes:
    """The whole body as it was sent. Raises TooLarge, UnsupportedType, ClientDisconnect."""
    sent = dict(request.scope["headers"])
    for name, plain in _PLAIN.items():
        coding = sent.get(name)
        if coding is not None and coding.strip().lower() != plain:
            said = coding[:40].decode("latin-1")
            raise UnsupportedType(f"{name.decode()}: {said} is not read here: send the body as it is.")
    announced = sent.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > most:
        if int(announced) <= DRAIN and b"expect" not in sent:
            async for _ in request.stream():
                pass
        raise _too_large(most)
    chunks, size, more = [], 0, True
    while more and size <= DRAIN:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size <= most:
            chunks.append(chunk)
    if size > most:
        raise _too_large(most)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most} bytes: send fewer records at once.")


@lru_cache(maxsize=64)
def media_type(text: str) -> MediaType:
    """What a Content-Type says; clients send the same few again and again. Raises UnsupportedType."""
    headers = MimeHeaders()
    try:
        headers["content-type"] = text
        charset = headers.get_content_charset("utf-8")
        kind, header = headers.get_content_type(), headers.get_param("header") != "absent"
    except (TypeError, ValueError, LookupError) as error:  # continuations that contradict each other, for one
        raise UnsupportedType("The Content-Type can't be read: send application/json or text/csv.") from error
    return MediaType(kind=kind, charset=charset, header=header)
