"""A backlog of single predictions that was queued while no worker ran, drained by one worker of `cli serve`."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.adult_model import PROJECT
from bench.backlog import bodies, place, uploaded
from bench.bare import Bare
from bench.row import Goal, Row
from bench.setting import Setting
from bench.usage import Watched, cpu_seconds
from serving.ports import PredictionStore
from tests.running import Service, start_service

TITLE = "drain: records a second, beside the bare Pipeline's on 1,000 rows"
COUNT = 100_000
PATIENCE = 300.0
LOOK = 0.02
"""Seconds between two looks at how far it is."""


@dataclass(frozen=True, kw_only=True)
class Drained:
    """How a backlog went."""

    per_second: float
    per_cpu_second: float
    """Of the worker's process."""
    first_half_mib: float
    second_half_mib: float


def measure(setting: Setting, *, count: int = COUNT) -> list[Row]:
    """Each round has a state folder of its own."""
    rates: list[tuple[float, float]] = []
    found: list[Drained] = []
    given = bodies(setting.records(min(count, 2_000)))
    backlog = [given[number % len(given)] for number in range(count)]
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        Bare(setting.model) as bare,
    ):
        bucket = uploaded(Path(folder), setting.model)
        for number in range(setting.rounds):
            setting.say(f"drain: round {number + 1} of {setting.rounds}")
            rates.append(bare.rates())
            state = Path(folder) / f"state-{number}"
            found.append(drained(state, bucket, backlog))
            shutil.rmtree(state)
    return [
        Row(
            name=f"{count:,} single predictions",
            unit="/s",
            ours=[each.per_second for each in found],
            beside=[clock for clock, _ in rates],
            goal=Goal(limit=1 / 3, at_least=True),
        ),
        Row(
            name="  a second of CPU",
            unit="/s",
            ours=[each.per_cpu_second for each in found],
            beside=[cpu for _, cpu in rates],
        ),
        Row(
            name="memory, second half to first",
            unit="MiB",
            ours=[each.second_half_mib for each in found],
            beside=[each.first_half_mib for each in found],
            goal=Goal(limit=1.1),
        ),
    ]


def drained(state: Path, bucket: Path, backlog: Sequence[bytes]) -> Drained:
    """Queue the backlog, start a worker, and look how it goes. Raises RuntimeError when it does not end."""
    with place(state, bucket) as here:
        ids = here.send(here.messages(backlog))
        environment = {"BUCKET": str(bucket), "VERSION_MISMATCH": "warn"}
        service = start_service(state, project=PROJECT, environment=environment)
        try:
            worker = _worker(service)
            with Watched([worker], pause=LOOK) as watched:
                began, done = _first(here.backend.predictions, ids, service)
                before = cpu_seconds(worker.pid)
                ended = _last(here.backend.predictions, ids, service)
                cpu = cpu_seconds(worker.pid) - before
        finally:
            service.stop()
    middle = (began + ended) / 2
    return Drained(
        per_second=(len(ids) - done) / (ended - began),
        per_cpu_second=(len(ids) - done) / cpu,
        first_half_mib=max(watched.between(began, middle)),
        second_half_mib=max(watched.between(middle, ended)),
    )


def _worker(service: Service) -> psutil.Process:
    until = time.monotonic() + PATIENCE
    while not (found := service.processes("worker")):
        _still(service, until)
    return found[0]


def _first(store: PredictionStore, ids: Sequence[str], service: Service) -> tuple[float, int]:
    """When the first answers were there, and how many: what came before was the start."""
    until = time.monotonic() + PATIENCE
    while store.get(ids[:1]) == [None]:
        _still(service, until)
    return time.monotonic(), answered(store, ids)


def _last(store: PredictionStore, ids: Sequence[str], service: Service) -> float:
    """When the last answer was there: one worker takes a queue in its order, but for what it had to return."""
    until = time.monotonic() + PATIENCE
    while store.get(ids[-1:]) == [None]:
        _still(service, until)
    ended = time.monotonic()
    while None in store.get(ids):
        _still(service, until)
        ended = time.monotonic()
    return ended


def answered(store: PredictionStore, ids: Sequence[str]) -> int:
    """How many, if they are answered in order: a few reads by key, which cost the worker nothing."""
    least, most = 0, len(ids)
    while least < most:
        middle = (least + most) // 2
        if store.get([ids[middle]]) == [None]:
            most = middle
        else:
            least = middle + 1
    return least


def _still(service: Service, until: float) -> None:
    """Sleep a moment. Raises RuntimeError when there is nothing to wait for any more."""
    time.sleep(LOOK)
    if service.process.poll() is not None or time.monotonic() > until:
        raise RuntimeError(f"the backlog is not drained:\n{service.log}")
