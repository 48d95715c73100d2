"""GitHub's API as far as strangers may ask it, played on the loopback."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEMPLATE = "/actions/oidc/customization/sub"


@dataclass
class Api:
    """`answers` has a status and a document for each path below /repos; `asked` what came, with its headers."""

    url: str
    answers: Mapping[str, tuple[int, Any]]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def described(name: str, made: str, **changes: Any) -> dict[str, Any]:
    """A repository as GET /repos/OWNER/REPO shows it."""
    fields = {"id": 1296269, "full_name": name, "owner": {"id": 583231}, "created_at": made, "private": False}
    return {**fields, **changes}


@contextmanager
def playing(answers: Mapping[str, tuple[int, Any]]) -> Iterator[Api]:
    """Listens within the block; what has no answer is 404, as GitHub says of what strangers may not see."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.asked.append((self.path, dict(self.headers)))
            status, found = api.answers.get(self.path.removeprefix("/repos/"), (404, {"message": "Not Found"}))
            body = (found if isinstance(found, str) else json.dumps(found)).encode()
            self.send_response(status)
            if status == 301:
                self.send_header("Location", found["url"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api = Api(url=f"http://127.0.0.1:{server.server_address[1]}", answers=answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
