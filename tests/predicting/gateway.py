"""A real HTTP gateway before the real service, for what only a network does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.running import PATIENCE, Service


class Gateway:
    """What stands between a client and a real service: it can refuse, and lose answers."""

    def __init__(self, behind: str) -> None:
        self.refuse: Callable[[str, bytes], tuple[int, dict[str, str]] | None] = lambda method, body: None
        self.loses: Callable[[int], bool] = lambda accepted: False
        self.accepted: list[str] = []
        self.client = httpx.Client(timeout=PATIENCE, verify=False)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(behind))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self, behind: str) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.forward("GET")

            def do_POST(self) -> None:
                self.forward("POST")

            def forward(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                refusal = gateway.refuse(method, body)
                if refusal is not None:
                    return self.answer(refusal[0], refusal[1], b'{"message": "Refused by the gateway."}')
                kept = {name: value for name, value in self.headers.items() if name.lower() not in {"host"}}
                reply = gateway.client.request(method, behind + self.path, content=body, headers=kept)
                if reply.status_code == 202:
                    gateway.accepted.append(reply.json()["prediction_id"])
                    if gateway.loses(len(gateway.accepted)):
                        self.close_connection = True
                        return None
                headers = {name: reply.headers[name] for name in ("retry-after", "location") if name in reply.headers}
                return self.answer(reply.status_code, headers, reply.content)

            def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # the client was killed
                    self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def gateway_to(service: Service) -> Iterator[Gateway]:
    gateway = Gateway(service.url)
    thread = threading.Thread(target=gateway.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        gateway.server.server_close()
        gateway.client.close()
        thread.join()
