"""What one turn of the event loop writes to a client goes out as one."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
import uvicorn

from commands.connection import guarded
from commands.corked import LARGE, Corked
from serving.settings import Settings
from tests.running import free_port


class Wire(asyncio.Transport):
    """Keeps what is written, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(data)

    def write_eof(self) -> None:
        self.told.append("end")

    def close(self) -> None:
        self.told.append("close")
        self.closing = True

    def abort(self) -> None:
        self.told.append("abort")
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing


def told(*steps: Callable[[Corked], None], turns: int = 1) -> list[object]:
    """What the wire is told, by steps of one turn."""

    async def stepped() -> list[object]:
        wire = Wire()
        corked = Corked(wire, asyncio.get_running_loop())
        for step in steps:
            step(corked)
        for _ in range(turns):
            await asyncio.sleep(0)
        return list(wire.told)

    return asyncio.run(stepped())


def write(data: bytes) -> Callable[[Corked], None]:
    return lambda corked: corked.write(data)


def test_a_head_and_its_body_go_out_together() -> None:
    assert told(write(b"head "), write(b"body"), turns=0) == []
    assert told(write(b"head "), write(b"body")) == [b"head body"]


def test_each_turn_writes_what_is_its_own() -> None:
    async def in_turns() -> list[object]:
        wire = Wire()
        corked = Corked(wire, asyncio.get_running_loop())
        for data in (b"head", b"", b"chunk"):
            corked.write(data)
            await asyncio.sleep(0)
        return wire.told

    assert asyncio.run(in_turns()) == [b"head", b"", b"chunk"]


@pytest.mark.parametrize("sizes", [[LARGE + 1], [LARGE, 1], [40_000] * 2])
def test_what_is_large_does_not_wait(sizes: list[int]) -> None:
    assert told(*[write(b"x" * size) for size in sizes], turns=0) == [b"x" * sum(sizes)]


def test_whoever_closes_has_written_before() -> None:
    assert told(write(b"a"), Corked.close) == [b"a", "close"]
    assert told(write(b"a"), Corked.write_eof) == [b"a", "end"]


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_client_that_says_it_is_done_is_still_answered(loop: Literal["uvloop", "asyncio"]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(
        app, port=free_port(), http=guarded(Settings.read({})), loop=loop, lifespan="off", log_config=None
    )  # type: ignore[arg-type]  # called as a class is
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    answers = []
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", config.port), timeout=20) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\n\r\n1")
            client.shutdown(socket.SHUT_WR)
            answers.append(b"".join(iter(lambda: client.recv(4096), b""))[-2:])
    server.should_exit = True
    thread.join(20)
    assert answers == [b"ok"] * 20


def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    assert told(write(b"a"), Corked.abort) == ["abort"]
    assert told(Corked.close, write(b"late")) == ["close"]
