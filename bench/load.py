"""A load for a service on the loopback, small enough not to be what is measured: one keep-alive connection a client."""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import uvloop

from bench.adult_model import Record
from bench.usage import Watched, cpu_seconds, tree

WAIT = 10
AFTER_WAIT = 0.02
"""Seconds between two looks at what `Prefer: wait` did not wait for."""
END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many clients, each sending its next request when it holds the result of its last."""

    clients: int
    seconds: float = 2.0
    """How long new requests are sent."""
    posts: int | None = None
    """How many, instead."""
    array: int = 0
    """Records in one POST; 0 is a single record, not in an array."""
    poll: float | None = None
    """Seconds between two looks; None asks with `Prefer: wait`."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What became of a load."""

    seconds: float
    results_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_per_1000: float
    """Seconds of all processes of the service for 1,000 records."""
    peak_mib: float


class Connection(asyncio.Protocol):
    """HTTP/1.1, one request at a time; reads only answers that announce their length, as ours do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, and does not say so
        self._data = bytearray()
        self._whole = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._whole:
            end = self._data.find(END_OF_HEAD)
            if end < 0:
                return
            self._body = end + len(END_OF_HEAD)
            self._whole = self._body + length(self._data[:end])
        if len(self._data) >= self._whole and self._answer is not None:
            answer = int(self._data[9:12]), bytes(self._data[self._body : self._whole])
            self._data, self._whole = self._data[self._whole :], 0
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the service hung up"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. Raises ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


def length(head: bytes | bytearray) -> int:
    """The Content-Length of an answer's head. Raises ValueError when there is none."""
    lowered = head.lower()
    start = lowered.index(b"content-length:") + len(b"content-length:")
    end = lowered.find(b"\r\n", start)
    return int(lowered[start : end if end > 0 else None])


def request(host: str, body: bytes, *, wait: bool) -> bytes:
    """A POST, as it goes over the wire."""
    prefer = f"Prefer: wait={WAIT}\r\n" if wait else ""
    head = f"POST /api/predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{prefer}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def requests(host: str, load: Load, records: Sequence[Record]) -> list[bytes]:
    """The requests of a load, encoded before the clock starts. They are sent over and over."""
    wait = load.poll is None
    size = max(1, load.array)
    slices = [records[start : start + size] for start in range(0, len(records) - size + 1, size)]
    return [request(host, json.dumps(each if load.array else each[0]).encode(), wait=wait) for each in slices]


async def predict(connection: Connection, host: str, sent: bytes, poll: float | None) -> None:
    """From the POST until its result is here. Raises RuntimeError for any other end."""
    status, body = await connection.ask(sent)
    if status == 202:
        get = f"GET /api/predict/{json.loads(body)['prediction_id']} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        pending = True
        while pending:
            await asyncio.sleep(poll or AFTER_WAIT)
            status, body = await connection.ask(get)
            pending = status == 200 and b'"status":"pending"' in body[:120]
    if status != 200 or b'"status":"succeeded"' not in body[:120]:
        raise RuntimeError(f"{status} {body[:300].decode(errors='replace')}")


async def _run(port: int, load: Load, sent: Sequence[bytes]) -> tuple[float, list[float]]:
    """Seconds until the last answer, and those of each request."""
    host = f"127.0.0.1:{port}"
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(load.clients)]
    work = itertools.islice(itertools.cycle(sent), load.posts)
    took: list[float] = []
    began = time.perf_counter()

    async def client(connection: Connection) -> None:
        for each in work:
            started = time.perf_counter()
            await predict(connection, host, each, load.poll)
            ended = time.perf_counter()
            took.append(ended - started)
            if load.posts is None and ended > began + load.seconds:
                break

    await asyncio.gather(*(client(connection) for _, connection in pairs))
    seconds = time.perf_counter() - began
    for transport, _ in pairs:
        transport.close()
    return seconds, took


def run(port: int, pid: int, load: Load, records: Sequence[Record]) -> Loaded:
    """Put a load on the service whose `cli serve` is `pid`."""
    sent = requests(f"127.0.0.1:{port}", load, records)
    before = cpu_seconds(pid)
    with Watched(tree(pid)) as watched:
        seconds, took = uvloop.run(_run(port, load, sent))
    took.sort()
    records_sent = len(took) * max(1, load.array)
    return Loaded(
        seconds=seconds,
        results_per_second=records_sent / seconds,
        p50_ms=statistics.median(took) * 1e3,
        p99_ms=took[min(len(took) - 1, int(0.99 * len(took)))] * 1e3,
        cpu_per_1000=(cpu_seconds(pid) - before) / records_sent * 1e3,
        peak_mib=watched.peak,
    )
