"""The drill's saboteur: breaks one thing after another while the clients are at work."""

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import httpx

from app.predictions import Claim
from bench.drill.client import Client, Told
from bench.drill.clock import jumping_clock
from bench.drill.plan import ROWS, Ask, Plan
from bench.drill.schedule import Planned, Schedule
from bench.drill.server import LIMITS_FILES, Server
from bench.drill.witness import Witness
from tests.running import free_port

OUTAGE_SECONDS = 8.0
"""Longer than anybody waits for the database: requests are refused with 503, workers try again."""
DISK_SECONDS = 4.0
CLOCK_SECONDS = 3.0
JUMPS = ("+6h", "-6h")
CRASHES = 3


class Saboteur(Schedule):
    """Kills processes, takes disk, database and clock away, and moves the model."""

    def __init__(
        self, server: Server, plan: Plan, told: Told, witness: Witness, *, kills: int, progress: Callable[[], float]
    ) -> None:
        super().__init__(told, progress=progress)
        self._server = server
        self._plan = plan
        self._witness = witness
        self._rng = random.Random(f"{plan.seed}-faults")
        self.unsent_claims = 0
        self.faults = self._ordered(kills)

    def _ordered(self, kills: int) -> list[Planned]:
        serve, api = max(1, kills // 7), max(1, kills // 4)
        faults: list[tuple[str, Callable[[], None]]] = [
            *[("kill -9 of serve", self._server.kill)] * serve,
            *[("kill -9 of the API", lambda: self._kill("api"))] * api,
            *[("kill -9 of a worker", lambda: self._kill("worker"))] * max(1, kills - serve - api),
            *[("crash before the send", self._crash)] * CRASHES,
            ("store down", self._outage),
            ("promote", lambda: self._server.promote("v2")),
        ]
        if LIMITS_FILES:
            faults.append(("disk full", self._full_disk))
        if jumping_clock():
            faults += [("clock jumps", lambda offset=offset: self._jump(offset)) for offset in JUMPS]  # type: ignore[misc]
        return sorted(
            ((self._rng.uniform(0.05, 0.9), name, fault) for name, fault in faults), key=lambda found: found[0]
        )

    def _kill(self, role: str) -> None:
        if not self._server.kill_one(role, self._rng.random()):
            raise RuntimeError(f"no {role} was started again within 30 seconds:\n{self._server.log[-2000:]}")

    def _outage(self) -> None:
        path = self._server.state / "state.db"
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            time.sleep(OUTAGE_SECONDS)
            database.execute("ROLLBACK")

    def _full_disk(self) -> None:
        self._server.fill_disk(True)
        time.sleep(DISK_SECONDS)
        self._server.fill_disk(False)

    def _jump(self, offset: str) -> None:
        for shift in (offset, "+0"):
            self._server.clock.shift(shift)
            time.sleep(CLOCK_SECONDS)

    def _crash(self) -> None:
        """An API of its own on the same database dies between the row and the send; the client asks the other one."""
        place = self._plan.count + self.counts["crash before the send"]
        ask = Ask(
            place=place,
            records=({"number": place * ROWS, "x": 1.5, "deed": "none"},),
            many=False,
            invalid=False,
            key=f"crash-{place}",
            replayed=True,
            waited=False,
            cancelled=False,
        )
        port = free_port()
        command = [sys.executable, "-m", "bench.drill.crashing_api", str(port)]
        process = subprocess.Popen(command, env={**self._server.environment, **self._server.own})
        try:
            _listening(port, process)
            with closing(Client(self.told, port, self._rng)) as client:
                client.once("POST", "/api/predict", ask)
            process.wait(30)
            claim = Claim(owner="", key=ask.key or "", body_hash="")
            self.unsent_claims += self._witness.unsent(claim.row_key)
        finally:
            process.kill()
            process.wait()
        with closing(Client(self.told, self._server.port, self._rng)) as client:
            client.ask(ask)


def _listening(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    with httpx.Client(timeout=30, verify=False) as api:  # else it reads certificates, for 30 ms of a processor
        while time.monotonic() < until and process.poll() is None:
            try:
                api.get(f"http://127.0.0.1:{port}/api/schema")
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError("the API that is to crash did not start")
