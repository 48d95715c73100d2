"""The drill on one machine: starts the service, the clients and the saboteur, waits, and looks at what is left."""

import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bench.drill.checks import CODES, Evidence, checks
from bench.drill.client import Client, Clients, Told
from bench.drill.clock import jumping_clock
from bench.drill.faults import Saboteur
from bench.drill.picture import draw
from bench.drill.plan import LETHAL, Plan, requests_for
from bench.drill.report import Fault, Report
from bench.drill.server import LIMITS_FILES, Server
from bench.drill.showing import Look
from bench.drill.witness import Witness
from serving.local.connect import connect_local
from serving.ports import Row
from serving.settings import Settings

THREADS = 32
PATIENCE = 180.0
"""Seconds after the last request in which everything must be answered."""
SETTLING = 60.0
"""Seconds in which what is still on its way then must be gone."""
READ = 2_000
"""Answers that are read once more by HTTP, the rest in the store alone."""


def drill(count: int, *, kills: int, seed: int, out: Path, look: Look = lambda done, finished, what: None) -> Report:
    """Hold a drill of `count` predictions, and some that are refused; writes report.md and drill.png into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as folder:
        held = _Drill(Path(folder), count, kills, seed)
        try:
            held.run(look)
            report = held.report()
        finally:
            held.end()
            (out / "serve.log").write_text(held.server.log, encoding="utf-8")
    (out / "report.md").write_text(report.markdown(), encoding="utf-8")
    held.draw(out / "drill.png")
    return report


class _Drill:
    def __init__(self, folder: Path, count: int, kills: int, seed: int) -> None:
        self.server = Server(folder)
        self._count = count
        self._plan = Plan(seed, requests_for(count))
        self._kills = kills
        self._settings = Settings.read(self.server.environment)

    def run(self, look: Look) -> None:
        """All requests, all faults, and then as long as anything is pending."""
        self.server.start()
        self._told = told = Told()
        self._witness = Witness(self.server.state / "state.db", told.began)
        clients = Clients(self._plan, told, self.server.port, threads=THREADS)
        self._saboteur = saboteur = Saboteur(
            self.server, self._plan, told, self._witness, kills=self._kills, progress=self._progress
        )
        clients.start()
        saboteur.start()
        until = None
        while clients.busy or saboteur.busy or self._pending():
            if saboteur.error is not None:
                raise saboteur.error
            if not clients.busy and not saboteur.busy:
                until = until or time.monotonic() + PATIENCE
                if time.monotonic() > until:
                    break  # the report says what is missing
            look(self._done(), len(self._witness.answers), saboteur.now)
            time.sleep(0.2)
        look(self._done(), len(self._witness.answers), "")

    def _done(self) -> int:
        return len(self._told.accepted) + len(self._told.refused) + len(self._told.given_up)

    def _progress(self) -> float:
        return self._done() / self._plan.count

    def _pending(self) -> bool:
        return any(self._witness.left().values())

    def _left(self) -> dict[str, int]:
        """What stays: a worker whose clock had jumped may have answered what another then returns to the queue."""
        until = time.monotonic() + SETTLING
        while self._pending() and time.monotonic() < until:
            time.sleep(0.2)
        return self._witness.left()

    def report(self) -> Report:
        """Reads everything back, ends the service, and looks at what it left."""
        told = self._told
        ids = [accepted.id for accepted in told.accepted]
        read = self._read(random.Random(self._plan.seed).sample(ids, min(READ, len(ids))))
        self._witness.close()
        left = self._left()
        leaked = self.server.stop()
        evidence = Evidence(
            told=told,
            rows=self._rows(ids),
            sent=self._witness.sent(),
            answers=self._witness.answers,
            read=read,
            left=left,
            leaked=leaked,
        )
        return Report(
            title=f"A drill of {self._count:,} predictions on one machine",
            seed=self._plan.seed,
            faults=self._faults(evidence),
            checks=checks(evidence),
            figures=self._figures(evidence),
        )

    def _rows(self, ids: list[str]) -> dict[str, Row | None]:
        with closing(connect_local(self._settings)) as backend:
            return dict(zip(ids, backend.predictions.get(ids), strict=True))

    def _read(self, ids: list[str]) -> dict[str, tuple[int, bytes]]:
        with closing(Client(Told(), self.server.port, random.Random(0))) as client:
            answers = {id_: client.once("GET", f"/api/predict/{id_}", None) for id_ in ids}
        return {id_: answer or (0, b"") for id_, answer in answers.items()}

    def _faults(self, evidence: Evidence) -> list[Fault]:
        told, saboteur = self._told, self._saboteur
        deeds = Counter(record["deed"] for accepted in told.accepted for record in accepted.ask.records)
        again = self.server.log.count("messages of a worker that died are delivered again")
        seen = {
            "kill -9 of a worker": f"{again} times what it held was delivered again",
            "kill -9 of the API": f"{told.broken:,} requests got no answer in all, and were sent again",
            "kill -9 of serve": "its processes ended by themselves; it was started again",
            "crash before the send": "the row was there without a message, and the replay had the same id",
            "store down": f"for 8 s each; {told.statuses[503]:,} requests were answered 503 in all",
            "disk full": "for 4 s: refused with 503, tried again",
            "promote": f"answers name {self._tags(evidence)}",
            "clock jumps": "six hours on, or back, and again to the right time",
        }
        if jumping_clock() is None:
            seen["clock jumps"] = "not held: libfaketime is not installed"
        if not LIMITS_FILES:
            seen["disk full"] = "not held: this system limits no files of another process"
        counts = {**saboteur.counts, "crash before the send": saboteur.unsent_claims}  # those that hit the moment
        faults = [Fault(name=name, count=counts.get(name, 0), seen=text) for name, text in seen.items()]
        faults += [
            Fault(name="delivered twice", count=sum(row[2] for row in evidence.sent), seen="one answer each"),
            Fault(name="delivered late", count=sum(row[3] for row in evidence.sent), seen="overtaken by others"),
            Fault(name="refused records", count=len(told.refused), seen="422"),
            Fault(name="poison rows", count=deeds["poison"], seen="row_rejected, and their neighbours answered"),
            Fault(name="slow rows", count=deeds["slow"], seen="answered"),
        ]
        return faults + [Fault(name=f"model: {deed}", count=deeds[deed], seen=CODES[deed]) for deed in LETHAL]

    def _tags(self, evidence: Evidence) -> str:
        documents = [row.document for row in evidence.rows.values() if row is not None and row.document]
        counts = {tag: sum(f'"tag":"{tag}"'.encode() in document for document in documents) for tag in ("v1", "v2")}
        return ", ".join(f"{tag} {count:,} times" for tag, count in counts.items())

    def _figures(self, evidence: Evidence) -> Mapping[str, str]:
        told = self._told
        answered = {written.id: written.at for written in reversed(evidence.answers) if written.was is None}
        waits = sorted(answered[a.id] - a.at for a in told.accepted if a.id in answered and not a.ask.cancelled)
        lethal = [a.at for a in told.accepted if a.ask.records[0]["deed"] in LETHAL]
        last = max([self._saboteur.ended_at, *lethal])
        past = max(answered[a.id] - max(a.at, last) for a in told.accepted if a.id in answered)
        ended = max(answered.values())
        records = sum(len(a.ask.records) for a in told.accepted)
        median, most = statistics.median(waits), waits[len(waits) * 99 // 100]
        return {
            "predictions accepted": f"{len(told.accepted):,} of {records:,} records",
            "in": f"{ended:.0f} s, {len(told.accepted) / ended:,.0f} a second while everything broke",
            "lost": f"{sum(a.id not in answered for a in told.accepted):,}",
            "from accepted to finished": f"median {median:.2f} s, 99 % in {most:.1f} s, longest {waits[-1]:.1f} s",
            "longest pending past the last fault": f"{past:.1f} s",
            "messages queued": f"{len(evidence.sent):,}",
        }

    def draw(self, path: Path) -> None:
        accepted = sorted(a.at for a in self._told.accepted)
        finished = sorted(written.at for written in self._witness.answers if written.was is None)
        lethal = [
            (a.at, f"model: {a.ask.records[0]['deed']}")
            for a in self._told.accepted
            if a.ask.records[0]["deed"] in LETHAL
        ]
        draw(
            path,
            accepted=[(at, place + 1) for place, at in enumerate(accepted)],
            finished=[(at, place + 1) for place, at in enumerate(finished)],
            faults=sorted([*self._saboteur.history, *lethal]),
            title=f"{self._count:,} predictions while everything broke, seed {self._plan.seed}",
        )

    def end(self) -> None:
        """Whatever happened, nothing stays."""
        self.server.end()
