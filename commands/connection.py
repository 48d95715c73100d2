"""A client's connection on one machine: uvicorn's own, with limits that hold before memory is spent."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.answers import NO_STORE
from commands.corked import Corked
from commands.guard import Guard
from serving.settings import Settings

PIPELINED = 100
"""Requests that may wait for the answers before them; uvicorn would read on."""
UPGRADE = {b"upgrade", b"http2-settings"}
NOT_HTTP = "This is no HTTP/1.1 request."


class Refusal(Exception):
    """Raised while a request is parsed: the status and the reason to answer with."""


def guarded(settings: Settings) -> Callable[..., asyncio.Protocol]:
    """What uvicorn makes of each connection, all under one guard."""
    guards: list[Guard] = []

    def connect(*, _loop: asyncio.AbstractEventLoop | None = None, **parts: Any) -> Connection:
        loop = _loop or asyncio.get_running_loop()
        if not guards:
            guards.append(Guard(settings, loop))
        return Connection(settings, guards[0], _loop=loop, **parts)

    return connect


class Connection(HttpToolsProtocol):
    """Refuses what is too large or too slow; says so, where no other answer is under way."""

    def __init__(self, settings: Settings, guard: Guard, **parts: Any) -> None:
        super().__init__(**parts)
        self.held = 0
        self.received = 0
        self.answered = 0
        self._settings = settings
        self._guard = guard
        self._deaf = False
        self._in_head = True
        self._fed = 0
        self._quiet = 0
        """Bytes since the last of which a request or a piece of a body came: a header, or a trailer, without end."""

    @property
    def unread(self) -> int:
        return self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._corked = Corked(transport, self.loop)
        super().connection_made(self._corked)
        self._guard.opened(self)

    def eof_received(self) -> None:
        self._corked.flush()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._quiet += len(data)
        self._fed = self._quiet
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
            return
        except HttpParserError as error:
            reason = error.__context__
            self.refuse(*(reason.args if isinstance(reason, Refusal) else (400, NOT_HTTP)))
            return
        if self._quiet > self._settings.max_headers or len(self.headers or ()) > self._settings.max_header_count:
            self.refuse(431, self._too_many_headers())

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """No other protocol is spoken here, and a client may be told so by an answer: Java's asks with every POST.

        The parser takes what follows for that protocol, so that a new one begins, without the question.
        """
        version = self.parser.get_http_version().encode()
        lines = [b" ".join((self.parser.get_method(), self.url, b"HTTP/" + version))]
        lines += [name + b": " + value for name, value in self.headers if name not in UPGRADE]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self._parse(b"\r\n".join([*lines, b"", rest]))

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in {"1.0", "1.1"} or self.parser.get_method() == b"CONNECT":
            raise Refusal(400, NOT_HTTP)
        self._check_head()
        if self.parser.should_upgrade():
            return
        if len(self.pipeline) >= PIPELINED:
            raise Refusal(429, f"More than {PIPELINED} requests wait: read their answers first.")
        super().on_headers_complete()
        self._in_head = False
        self._quiet = 0

    def on_body(self, body: bytes) -> None:
        self._quiet = 0
        self.received += len(body)
        if not self.cycle.response_complete and self.held < self._settings.max_body:
            self._guard.took(self, len(body))
        if not self._deaf:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._quiet = self.received = 0
        self._in_head = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._guard.sending(self)
        else:
            self._guard.sent(self)

    def on_response_complete(self) -> None:
        """uvicorn would start a timer, to close what stays silent. The guard does, with one timer for all."""
        self._guard.released(self)
        goes_on = bool(self.pipeline)
        if goes_on:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            if not self.transport.is_closing():
                self.flow.resume_reading()
        if self.transport.is_closing():
            self._guard.leaving(self)
        elif not self.pipeline and goes_on != self._in_head:  # else the API has the last request, and has it whole
            self._guard.sending(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.answered = self.unread
        self._guard.stuck(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._guard.read(self)

    def late(self) -> None:
        if self.transport.is_closing():
            self.cut()  # what it does not read keeps the connection open
        elif self._deaf or (self._in_head and not self._quiet):
            self.transport.close()  # it asked for nothing, or was refused
        else:
            self.refuse(408, "The request took too long to arrive.")

    def refuse(self, status: int, detail: str) -> None:
        if self._deaf or self.transport.is_closing():
            return
        self._deaf = True
        unfinished = self.cycle is not None and not self.cycle.response_complete
        if unfinished and (self._in_head or self.cycle.response_started or self.pipeline):
            self._guard.sent(self)
            self.cycle.keep_alive = False  # the last of those whose answers are under way
            return
        self._guard.leaving(self, refused=True)
        if not unfinished and not self._in_head:  # answered before it was whole
            self.transport.close()
            return
        if unfinished:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(self._answer(status, detail))
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def cut(self) -> None:
        self.transport.abort()

    def _check_head(self) -> None:
        if len(self.url) > self._settings.max_url:
            raise Refusal(414, f"The URL is longer than {self._settings.max_url} bytes.")
        size = self._fed  # at most: there may be more in what was received
        if size > self._settings.max_headers:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._settings.max_headers or len(self.headers) > self._settings.max_header_count:
            raise Refusal(431, self._too_many_headers())

    def _too_many_headers(self) -> str:
        most = f"{self._settings.max_header_count} headers of {self._settings.max_headers} bytes"
        return f"Over {most} in all: send fewer."

    def _answer(self, status: int, detail: str) -> bytes:
        body = json.dumps({"detail": detail}).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            NO_STORE,
            (b"connection", b"close"),
            *([(b"retry-after", b"1")] if status in {429, 503} else []),
        ]
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(), *(b": ".join(each) for each in headers)]
        return b"\r\n".join([*lines, b"", body])
