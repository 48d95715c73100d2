"""What honest requests wait for while others mean harm: python -m bench.hostile prints a line for each attack.

An honest client reads /api/health and posts one record in turn, before an attack and during it, while a second process
attacks the same service. The goal is a median within three times of before, and memory within 50 MB of the start.
"""

import multiprocessing
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path

import httpx

from tests.hostile import MAY_GROW, Watched, echoing_service
from tests.hostile.bodies import bodies
from tests.hostile.heads import OPEN, START, heads
from tests.hostile.wire import connect, exchange

SECONDS = 8.0
MOST_TIMES = 3.0
MIB = 1024 * 1024
Attack = Callable[[int, Event], None]


def receipts(port: int, over: Event) -> None:
    """A thousand guessed receipts a second."""
    while not over.is_set():
        started = time.monotonic()
        asked = [f"GET /api/predict/{secrets.token_urlsafe(24)} HTTP/1.1\r\nHost: x\r\n" for _ in range(50)]
        exchange(port, "\r\n".join([*asked, "Connection: close\r\n\r\n"]).encode())
        time.sleep(max(0.0, 0.05 - (time.monotonic() - started)))


def headers(port: int, over: Event) -> None:
    """Two hundred slow senders of headers, a byte each in turn."""
    clients = [connect(port) for _ in range(200)]
    for client in clients:
        client.sendall(OPEN + b"X: ")
    while not over.wait(0.1):
        for place, client in enumerate(clients):
            try:
                client.sendall(b"a")
            except OSError:
                client.close()
                clients[place] = connect(port)


def connections(port: int, over: Event) -> None:
    """Three hundred new connections a second, all kept open."""
    clients = []
    while not over.wait(0.1):
        clients += [connect(port) for _ in range(30)]
        while len(clients) > 2_000:
            clients.pop(0).close()


def large(port: int, over: Event) -> None:
    """Unfinished bodies of three MiB, five a second."""
    clients = []
    while not over.wait(0.2):
        client = connect(port)
        with suppress(OSError):
            client.sendall(START + b"Content-Length: 4000000\r\n\r\n" + b" " * 3 * MIB)
        clients.append(client)


def inputs(port: int, over: Event) -> None:
    """Every hostile input of the tests that is not waited for, ten a second."""
    found = [each for each in (*bodies(), *heads()) if 408 not in each.statuses]
    while not over.is_set():
        for each in found:
            exchange(port, each.data)
            if over.wait(0.1):
                return


def flood(port: int, over: Event) -> None:
    """Headers without end, fifty a second."""
    while not over.wait(0.02):
        exchange(port, OPEN + b"X: " + b"a" * 300_000)


ATTACKS: tuple[Attack, ...] = (receipts, headers, connections, large, inputs, flood)


def honest(client: httpx.Client, seconds: float) -> float:
    """The median of how long a request takes, seconds."""
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for call in (lambda: client.get("/api/health"), lambda: client.post("/api/predict", json={"text": "a"})):
            started = time.perf_counter()
            call().raise_for_status()
            took.append(time.perf_counter() - started)
    return statistics.median(took)


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder, echoing_service(Path(folder)) as service, service.client() as client:
        (process,) = service.processes("api")
        for attack in ATTACKS:
            before = honest(client, SECONDS / 2)
            over = multiprocessing.Event()
            attacker = multiprocessing.Process(target=attack, args=(service.port, over))
            with Watched(process) as watched:
                attacker.start()
                time.sleep(1)  # it gets going
                during = honest(client, SECONDS)
                over.set()
                attacker.join()
            ratio = during / before
            missed += ratio > MOST_TIMES or watched.growth > MAY_GROW
            sys.stdout.write(
                f"{attack.__doc__} {before * 1e3:.2f} -> {during * 1e3:.2f} ms: {ratio:.2f} times, "
                f"+{watched.growth / 1e6:.0f} MB\n"
            )
            sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
