"""A Lambda Runtime API for one process: hands the real runtime client its events, and takes the answers."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import psutil

from bench.usage import own_cpu_seconds

SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a process has taken from its start on: seconds of processors and of the clock, and its highest memory."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the handler returned, and what its process had taken by then."""

    body: Any
    taken: Taken


@dataclass
class Function:
    """A process that the runtime client runs a handler in."""

    api: "_Server"
    process: subprocess.Popen[bytes]

    def __call__(self, event: Any) -> Answer:
        """One invocation. Raises RuntimeError when the handler fails, or the process ends."""
        self.api.events.put(event)
        return self._take(self.api.answers)

    def ready(self) -> Taken:
        """What the init has taken: the process asks for its first event."""
        return self._take(self.api.asked)

    def snapshot(self) -> Sequence[int]:
        """The ports that the process is connected to where SnapStart would keep its memory; then it is restored."""
        ports: Sequence[int] = self._take(self.api.kept)
        return ports

    def _take(self, queue: Queue[Any]) -> Any:
        until = time.monotonic() + SECONDS
        while self.api.error is None:
            try:
                return queue.get(timeout=0.2)
            except Empty:
                if self.process.poll() is not None and self.api.error is None:
                    raise RuntimeError(f"the process ended with {self.process.returncode}") from None
                if time.monotonic() > until:
                    raise RuntimeError(f"no answer in {SECONDS} seconds") from None
        raise RuntimeError(f"the handler failed: {self.api.error}")


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet: its headers do not wake the process before the rest is there
    server: "_Server"

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 44 ms a call
        super().setup()

    def do_GET(self) -> None:
        if self.path.endswith("/restore/next"):
            self.server.kept.put(_connected(self.server.pid))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.asked.put(self.server.taken())
        body = json.dumps(self.server.events.get()).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "00000000-0000-0000-0000-000000000001")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:000000000000:function:f")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        taken = self.server.taken()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        if self.path.endswith("/error"):  # of the init, or of an invocation
            self.server.error = body
        else:
            self.server.answers.put(Answer(body=body, taken=taken))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.events: Queue[Any] = Queue()
        self.asked: Queue[Taken] = Queue()
        self.kept: Queue[Sequence[int]] = Queue()
        self.answers: Queue[Answer] = Queue()
        self.error: Any = None
        self.over = False
        self.pid = 0
        self.started = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that is killed breaks off what it was saying."""
        if not self.over:
            super().handle_error(request, client_address)

    def taken(self) -> Taken:
        return Taken(
            cpu_seconds=own_cpu_seconds(self.pid),
            wall_seconds=time.perf_counter() - self.started,
            peak_mib=_peak_mib(self.pid),
        )


@contextmanager
def running_function(
    handler: str, folders: Sequence[Path], environment: Mapping[str, str], *, verbose: bool = False
) -> Iterator[Function]:
    """A process as Lambda starts it, killed with the block. `folders` is all that it can import from, in order."""
    server = _Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    own = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "LAMBDA_TASK_ROOT": str(folders[0]),
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",  # as on Lambda, whose file system is read-only
    }
    output = None if verbose else subprocess.DEVNULL
    python = os.path.realpath(sys.executable)  # the venv's own libraries must not be seen, nor must the system's: -S
    server.started = time.perf_counter()
    process = subprocess.Popen(
        [python, "-S", "-m", "awslambdaric", handler],
        cwd=folders[0],
        env={**own, **environment},
        stdout=output,
        stderr=output,
    )
    server.pid = process.pid
    try:
        yield Function(server, process)
    finally:
        server.over = True
        process.kill()
        process.wait()
        server.shutdown()
        server.server_close()


def _connected(pid: int) -> Sequence[int]:
    found = psutil.Process(pid).net_connections(kind="tcp")
    return [connection.raddr.port for connection in found if connection.status == psutil.CONN_ESTABLISHED]


def _peak_mib(pid: int) -> float:
    if sys.platform == "linux":
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return float(psutil.Process(pid).memory_info().rss) / 1024 / 1024
