"""The drill on AWS: deploys, lets clients and the saboteur at it, and tries again what died."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.drill.aws.deployed import CLIENTS, Deployed, deployed
from bench.drill.aws.faults import Saboteur
from bench.drill.aws.findings import Course, Findings
from bench.drill.aws.plan import AwsPlan
from bench.drill.client import Clients, Told
from bench.drill.plan import Ask
from bench.drill.report import Report
from bench.drill.showing import Look
from tests.aws.emulator import Emulator, running_emulator
from tests.aws.wire import Answer, Call, Fault, Forward, lost

PATIENCE = 240.0
"""Seconds after the last request in which everything must be answered."""
LOST_EACH = 100
"""One POST in so many is accepted, and its answer lost."""


@contextmanager
def own_emulator() -> Iterator[tuple[Path, Emulator]]:
    """A fresh account and its folder, both gone with the block."""
    with tempfile.TemporaryDirectory(prefix="drill-aws-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with running_emulator(folder, tls=True) as emulator:
            yield folder, emulator


def drill(
    folder: Path,
    emulator: Emulator,
    count: int,
    *,
    seed: int,
    out: Path,
    look: Look = lambda done, finished, what: None,
) -> Report:
    """Hold a drill of `count` requests; writes report.md and drill.png into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    look(0, 0, "deploying")
    with deployed(folder, emulator) as service:
        held = _Drill(service, AwsPlan(seed, count), look)
        try:
            held.run()
            held.redrive()
            findings = held.findings()
            report = findings.report()
        finally:
            (out / "emulator.log").write_text(emulator.log, encoding="utf-8")
    (out / "report.md").write_text(report.markdown(), encoding="utf-8")
    findings.draw(out / "drill.png")
    return report


class _Drill:
    def __init__(self, service: Deployed, plan: AwsPlan, look: Look) -> None:
        self._service = service
        self._plan = plan
        self._look = look
        self._told = Told()
        self._saboteur = Saboteur(service, self._told, plan.count, plan.seed, progress=self._progress)
        self._weather = service.witness.brew(plan.seed)
        service.witness.began = self._told.began
        self._calm_at = 0.0
        self._listed: set[str] = set()

    def run(self) -> None:
        """All requests, all faults, and then as long as anything is pending."""
        front, saboteur = self._service.front, self._saboteur
        front.breaks("POST /api/predict", _now_and_then(lost))
        clients = Clients(_Paced(self._plan.seed, self._plan.count, saboteur), self._told, front.port, threads=CLIENTS)
        clients.start()
        saboteur.start()
        while (clients.busy or saboteur.busy) and saboteur.error is None:
            self._tell(saboteur.now)
        if saboteur.error is not None:
            raise saboteur.error
        front.heals()
        self._service.witness.weather = None
        self._calm_at = self._told.now()
        self._settle("all faults are over")

    def redrive(self) -> None:
        """What died is tried again, by the commands that the documentation names."""
        self._listed = self._dead()
        self._service.cli("dead-letters", "redrive", "--all")
        self._settle("dead letters are tried again")

    def findings(self) -> Findings:
        """What the drill has seen, and what it left behind."""
        course = Course(
            plan=self._plan,
            told=self._told,
            saboteur=self._saboteur,
            weather=self._weather,
            witness=self._service.witness,
            calm_at=self._calm_at,
            listed=self._listed,
            listed_after=self._dead(),
        )
        return Findings(course, self._service)

    def _settle(self, what: str) -> None:
        """Until both queues are empty; the report says what is missing after PATIENCE."""
        until = time.monotonic() + PATIENCE
        while any(self._service.depth().values()) and time.monotonic() < until:
            self._tell(what)

    def _dead(self) -> set[str]:
        return {letter["id"] for letter in json.loads(self._service.cli("dead-letters", "list", "--json"))}

    def _tell(self, what: str) -> None:
        self._look(self._done(), len({written.id for written in self._service.witness.answers}), what)
        time.sleep(0.2)

    def _done(self) -> int:
        return len(self._told.accepted) + len(self._told.refused) + len(self._told.given_up)

    def _progress(self) -> float:
        return self._done() / self._plan.count


@dataclass(frozen=True)
class _Paced(AwsPlan):
    """Clients get a request when the faults before it have begun."""

    saboteur: Saboteur

    def __getitem__(self, place: int) -> Ask:
        while self.saboteur.hurries(place / self.count):
            time.sleep(0.02)
        return super().__getitem__(place)


def _now_and_then(fault: Fault) -> Fault:
    """Sometimes a fault, and mostly none."""
    number = 0

    def one_in_many(call: Call, forward: Forward) -> Answer | None:
        nonlocal number
        number += 1
        return fault(call, forward) if number % LOST_EACH == LOST_EACH // 2 else forward()

    return one_in_many
