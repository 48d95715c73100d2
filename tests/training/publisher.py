"""A web server that publishes one file, as well or as badly as a test wants."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Publisher:
    """`cuts` is after how many bytes of each answer the connection breaks; later answers are whole."""

    content: bytes
    version: str | None = '"1"'
    resumes: bool = True
    refuses_ranges: bool = False
    cuts: list[int] = field(default_factory=list)
    block: int = 1 << 20
    pause: float = 0.0  # seconds after each block
    requests: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(dict(handler.headers))
        if handler.path != "/data":
            handler.send_response(302 if handler.path == "/moved" else 404)
            handler.send_header("Location", "/data")
            handler.end_headers()
            return
        start = self._start(handler.headers.get("Range"), handler.headers.get("If-Range"))
        if start >= len(self.content) or (self.refuses_ranges and "Range" in handler.headers):
            handler.send_response(416)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        if self.version:
            handler.send_header("ETag", self.version)
        handler.send_header("Content-Length", str(len(self.content) - start))
        handler.end_headers()
        rest = self.content[start:]
        self._send(handler, rest[: self.cuts.pop(0)] if self.cuts else rest)

    def _start(self, wanted: str | None, version: str | None) -> int:
        if not wanted or not self.resumes or (version and version != self.version):
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def _send(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        for place in range(0, len(content), self.block):
            handler.wfile.write(content[place : place + self.block])
            time.sleep(self.pause)


@contextmanager
def published(content: bytes) -> Iterator[Publisher]:
    """At `url` as long as the block lasts."""
    publisher = Publisher(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                publisher.answer(self)
            except (BrokenPipeError, ConnectionResetError):  # who asked has been killed
                return

        def log_message(self, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        publisher.url = f"http://127.0.0.1:{server.server_port}/data"
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()
