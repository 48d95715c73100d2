"""A wire between boto3 and the emulator: every call is counted, and some of them are broken."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Call:
    """One request of boto3: `GetItem`, `SendMessage`, or for S3 the method and the path: `GET /bucket/key`."""

    operation: str
    body: bytes
    port: int = 0  # of the caller's connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the emulator said, or what a fault puts in its place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Forward = Callable[[], Answer]
Fault = Callable[[Call, Forward], Answer | None]
"""Gives the answer, or None: then the connection is closed without one."""


@dataclass
class _Rule:
    pattern: str
    fault: Fault
    left: float


@dataclass
class Wire:
    """Listens on the loopback; `calls` is what has passed."""

    upstream: str
    port: int = 0
    certificate: Path | None = None  # trusted, where `upstream` is https
    host: str | None = None  # whom callers mean there; else they say it themselves
    calls: list[Call] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _trusted: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    def breaks(self, pattern: str, fault: Fault, times: float = float("inf")) -> None:
        """Calls whose operation matches are answered by `fault`, so many times."""
        self._rules.append(_Rule(pattern, fault, times))

    def heals(self) -> None:
        """No call is broken any more."""
        with self._lock:
            self._rules.clear()

    def up(self) -> None:
        self._trusted = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Connections are refused from now on, and those that are open end."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            with suppress(OSError):  # its other end was faster
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, call: Call, forward: Forward) -> Answer | None:
        fault = self.fault(call)
        return fault(call, forward) if fault is not None else forward()

    def fault(self, call: Call) -> Fault | None:
        """What breaks this call."""
        with self._lock:
            self.calls.append(call)
            rule = next((r for r in self._rules if r.left > 0 and re.match(r.pattern, call.operation)), None)
            if rule is None:
                return None
            rule.left -= 1
            return rule.fault

    def connection(self) -> HTTPConnection:
        """A new one to the other end."""
        to = urlsplit(self.upstream)
        if self._trusted is None:
            return HTTPConnection(to.hostname or "", to.port, timeout=30)
        return HTTPSConnection(to.hostname or "", to.port, timeout=30, context=self._trusted)


@contextmanager
def running_wire(upstream: str) -> Iterator[Wire]:
    wire = Wire(upstream)
    wire.up()
    yield wire
    wire.down()


def throttled(call: Call, forward: Forward) -> Answer:
    """DynamoDB's refusal when a table is asked too much."""
    kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    body = {"__type": kind, "message": "The level of configured provisioned throughput was exceeded."}
    return Answer(400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode())


def slow_down(call: Call, forward: Forward) -> Answer:
    """S3's 503."""
    body = (
        b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    )
    return Answer(503, [("Content-Type", "application/xml")], body)


def silent(call: Call, forward: Forward) -> None:
    """Accepts the call and never answers: the caller's time-out is shorter than this."""
    threading.Event().wait(5)


def lost(call: Call, forward: Forward) -> None:
    """Does the work, and the answer gets lost."""
    forward()


def late(call: Call, forward: Forward) -> None:
    """Does the work, and the answer never comes."""
    forward()
    threading.Event().wait(5)


def unprocessed(call: Call, forward: Forward) -> Answer:
    """DynamoDB takes one part of a batch, and gives the rest back."""
    (table, asked) = next(iter(call.json["RequestItems"].items()))
    if call.operation == "BatchGetItem":
        answer = {"Responses": {table: []}, "UnprocessedKeys": {table: asked}}
    else:
        answer = {"UnprocessedItems": {table: asked}}
    return Answer(200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(answer).encode())


def half_failed(call: Call, forward: Forward) -> Answer:
    """SQS takes a batch, and says that half of it was not taken."""
    answer = forward()
    said = json.loads(answer.body)
    half = len(said["Successful"]) // 2
    failed = [{"Id": e["Id"], "SenderFault": False, "Code": "InternalError"} for e in said["Successful"][half:]]
    body = json.dumps({"Successful": said["Successful"][:half], "Failed": failed}).encode()
    return Answer(200, answer.headers, body)


def cut(call: Call, forward: Forward) -> Answer:
    """The first half of the answer's body; its length is still said in full."""
    answer = forward()
    half = answer.body[: len(answer.body) // 2]
    return Answer(answer.status, [*answer.headers, ("Content-Length", str(len(answer.body)))], half)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], wire: Wire) -> None:
        self.wire = wire
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that gave up is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.wire._open.add(self.connection)

    def finish(self) -> None:
        self.server.wire._open.discard(self.connection)
        super().finish()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target")
        operation = target.partition(".")[2] if target else f"{self.command} {unquote(urlsplit(self.path).path)}"
        answer = self.server.wire.answer(Call(operation, body, self.client_address[1]), lambda: self._forward(body))
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body)

    def _forward(self, body: bytes) -> Answer:
        connection = self.server.wire.connection()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
        if self.server.wire.host is not None:
            headers["Host"] = self.server.wire.host
        connection.request(self.command, self.path, body=body, headers=headers)
        found = connection.getresponse()
        content = found.read()
        connection.close()
        kept = [(name, value) for name, value in found.getheaders() if name.lower() not in _OWN]
        if self.command == "HEAD":
            kept.append(("Content-Length", found.headers.get("Content-Length") or "0"))
        return Answer(found.status, kept, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "date", "server"}
