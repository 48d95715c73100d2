"""`cli serve` with one worker, asked over HTTP: one idle prediction, singles, arrays; beside the bare Pipeline."""

import contextlib
import json
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.adult_model import Record
from bench.bare import Bare
from bench.load import END_OF_HEAD, Load, Loaded, length, request, run
from bench.row import Goal, Row
from bench.serve import serving
from bench.setting import Setting
from tests.running import Service

TITLE = "served: results a second, beside the bare Pipeline's"
IDLE_TIMES = 40
WARM = 0.5
"""Seconds of each load that come first and do not count."""
PAUSE = 0.02
"""Seconds between two idle predictions: whatever was at work has come to rest."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A load, and how many rows at once it is compared with: what the bare Pipeline makes of them in a second."""

    name: str
    load: Load
    rows: int
    goal: Goal | None = None


KINDS = (
    Kind(name="singles, 32 clients", load=Load(clients=32), rows=1),
    Kind(name="singles, 128 clients", load=Load(clients=128), rows=1),
    Kind(name="singles, 32, polled at 5 ms", load=Load(clients=32, poll=0.005), rows=1),
    Kind(
        name="arrays of 500, 4 clients",
        load=Load(clients=4, array=500),
        rows=1_000,
        goal=Goal(limit=0.60, at_least=True),
    ),
    Kind(
        name="arrays of 500, polled at 5 ms",
        load=Load(clients=4, array=500, poll=0.005),
        rows=1_000,
        goal=Goal(limit=0.60, at_least=True),
    ),
    Kind(name="arrays of 5,000, 4 clients", load=Load(clients=4, seconds=4.0, array=5_000), rows=1_000),
)


def measure(setting: Setting, *, kinds: Sequence[Kind] = KINDS, idle_times: int = IDLE_TIMES) -> list[Row]:
    """One service for all rounds. What a load is compared with comes just before it, while the service rests."""
    given = setting.records(10_000)
    idle: list[tuple[float, float]] = []
    bare_rates: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    found: dict[str, list[Loaded]] = {kind.name: [] for kind in kinds}
    with serving(setting.model) as service, Bare(setting.model) as bare:
        setting.say("served: warming up")
        for kind in kinds:  # what the first requests import and build belongs to the start
            run(service.port, service.process.pid, replace(kind.load, seconds=min(WARM, kind.load.seconds)), given)
        for number in range(setting.rounds):
            setting.say(f"served: round {number + 1} of {setting.rounds}")
            idle.append(idle_milliseconds(service, bare, given[0], idle_times))
            for kind in kinds:
                bare_rates[kind.name].append(bare.rates(kind.rows)[0])
                found[kind.name].append(run(service.port, service.process.pid, kind.load, given))
    first = Row(
        name="one idle prediction",
        unit="ms",
        ours=[ours for ours, _ in idle],
        beside=[floor for _, floor in idle],
        difference=True,
        goal=Goal(limit=3.0),
    )
    return [first, *(_row(kind, found[kind.name], bare_rates[kind.name]) for kind in kinds)]


def _row(kind: Kind, found: Sequence[Loaded], bare_rates: Sequence[float]) -> Row:
    def median(figure: str) -> float:
        return statistics.median(float(getattr(loaded, figure)) for loaded in found)

    return Row(
        name=kind.name,
        unit="/s",
        ours=[loaded.results_per_second for loaded in found],
        beside=bare_rates,
        goal=kind.goal,
        notes={
            "p50 ms": median("p50_ms"),
            "p99 ms": median("p99_ms"),
            "CPU s per 1,000": median("cpu_per_1000"),
            "MiB": median("peak_mib"),
        },
    )


def idle_milliseconds(service: Service, bare: Bare, record: Record, times: int) -> tuple[float, float]:
    """From the POST to the result of one record, and the bare predict of one row: medians, taken in turns."""
    body = json.dumps(record).encode()
    sent = request(f"127.0.0.1:{service.port}", body, wait=True)
    ours, floor = [], []
    with contextlib.closing(socket.create_connection(("127.0.0.1", service.port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            time.sleep(PAUSE)
            floor.append(bare.seconds(1))
            time.sleep(PAUSE)
            started = time.perf_counter()
            connection.sendall(sent)
            answer = _read(connection)
            ours.append(time.perf_counter() - started)
            if b'"status":"succeeded"' not in answer:
                raise RuntimeError(answer[:300].decode(errors="replace"))
    return statistics.median(ours) * 1e3, statistics.median(floor) * 1e3


def _read(connection: socket.socket) -> bytes:
    """One answer, whole. Raises ConnectionError when the service hangs up before."""
    data = b""
    while True:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the service hung up")
        data += part
        head, found, body = data.partition(END_OF_HEAD)
        if found and len(body) >= length(head):
            return data
