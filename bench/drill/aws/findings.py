"""What a drill on AWS has seen and what it left behind, as a report and a picture."""

import random
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.drill.aws import checks as own
from bench.drill.aws.deployed import HASTE, IDLE_SECONDS, TICK, Deployed
from bench.drill.aws.faults import APIS, LETTERS, MID_BATCH, OUTAGE, PROMOTE, WORKERS, Saboteur, storm
from bench.drill.aws.plan import DEEDS, LARGE, AwsPlan
from bench.drill.aws.weather import Weather
from bench.drill.aws.witness import Witness
from bench.drill.checks import CODES, Evidence, checks
from bench.drill.client import Accepted, Client, Told
from bench.drill.picture import draw
from bench.drill.report import Check, Fault, Report
from serving.aws.connect import AwsBackend

READ_EACH = 8
"""One answer in so many is read once more by HTTP, the rest in the table alone."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """A drill that is over, with all that took part in it."""

    plan: AwsPlan
    told: Told
    saboteur: Saboteur
    weather: Weather
    witness: Witness
    calm_at: float  # when the last fault was over, seconds since the drill began
    listed: set[str]  # by `cli dead-letters list`, before the redrive
    listed_after: set[str]


class Findings:
    """Reads everything back when it is made."""

    def __init__(self, course: Course, service: Deployed) -> None:
        self._course = course
        told, witness = course.told, course.witness
        self._outage = own.Outage(
            began=course.saboteur.outage[0],
            letters=witness.letters,
            given_up=witness.given_up,
            refused=witness.refused,
            listed=course.listed,
            listed_after=course.listed_after,
        )
        self._gateway = told.statuses.pop(500, 0) + told.statuses.pop(502, 0)  # counted by a check of their own
        objects = _all(service, "s3", "list_objects_v2", Bucket="PayloadBucket")
        self._objects: list[str] = [found["Key"] for found in objects]
        items = _all(service, "dynamodb", "scan", TableName="Table")
        self._named = {item["object"]["S"] for item in items if "object" in item}
        ids = [accepted.id for accepted in told.accepted]
        with service.backend() as backend:
            rows = dict(zip(ids, backend.predictions.get(ids), strict=True))
            sent = _opened(backend, witness.bodies)
        told.finished = own.read_for_good(told.finished)
        self._evidence = Evidence(
            told=told,
            rows=rows,
            sent=sent,
            answers=own.without_failures_of(witness.given_up, witness.answers),
            read=_read(service.front.port, random.Random(course.plan.seed).sample(ids, len(ids) // READ_EACH)),
            left={**service.depth(), "dead letters": len(course.listed_after)},
            leaked=[],
        )

    def report(self) -> Report:
        """Each fault, each promise, each figure."""
        return Report(
            title=f"A drill of {self._course.plan.count:,} predictions on an emulated AWS",
            seed=self._course.plan.seed,
            faults=self._faults(),
            checks=self._checks(),
            figures=self._figures(),
        )

    def _checks(self) -> list[Check]:
        ended = self._course.saboteur.ended
        queued = {id_ for id_, *_ in self._evidence.sent}
        losses = ended[WORKERS] + ended[MID_BATCH] + self._course.saboteur.counts[storm("DynamoDB")]
        return [
            *checks(self._evidence),
            *own.dead_letter_checks(self._outage, self._course.witness.answers),
            own.bucket_check(
                self._objects, queued=queued, named=self._named, refused=self._outage.refused, losses=losses
            ),
            own.gateway_check(self._gateway, ended[APIS]),
        ]

    def _faults(self) -> list[Fault]:
        told, saboteur = self._course.told, self._course.saboteur
        began, ended = saboteur.outage
        deeds = Counter(record["deed"] for accepted in told.accepted for record in accepted.ask.records)
        seen = {
            WORKERS: f"{saboteur.ended[WORKERS]} processes; what they held was delivered again",
            MID_BATCH: f"{saboteur.ended[MID_BATCH]} processes; an answer was written, and its batch delivered again",
            APIS: f"{saboteur.ended[APIS]} processes; the gateway answered {self._gateway} requests, asked again",
            OUTAGE: f"for {ended - began:.0f} s; {len(self._outage.dead)} dead letters, all tried again",
            LETTERS: f"{saboteur.ended[LETTERS]} processes, between a letter that is kept and its failure",
            PROMOTE: f"answers name {self._tags()}",
        }
        storms = [name for name in saboteur.counts if name not in seen]
        seen |= dict.fromkeys(sorted(storms), "tried again, refused with 503, or delivered again")
        faults = [Fault(name=name, count=saboteur.counts[name], seen=text) for name, text in seen.items()]
        weather = sorted(self._course.weather.seen.items())
        faults += [Fault(name=name, count=count, seen="one answer each") for name, count in weather]
        faults += [
            Fault(
                name="answer to a POST lost",
                count=told.broken,
                seen="asked again, under the same key or as another prediction",
            ),
            Fault(name="refused records", count=len(told.refused), seen="422"),
            Fault(name="poison rows", count=deeds["poison"], seen="row_rejected, and their neighbours answered"),
        ]
        return faults + [Fault(name=f"model: {deed}", count=deeds[deed], seen=CODES[deed]) for deed in DEEDS]

    def _tags(self) -> str:
        documents = [row.document for row in self._evidence.rows.values() if row is not None and row.document]
        counts = {tag: sum(f'"tag":"{tag}"'.encode() in document for document in documents) for tag in ("v1", "v2")}
        return ", ".join(f"{tag} {count:,} times" for tag, count in counts.items())

    def _figures(self) -> Mapping[str, str]:
        accepted = self._course.told.accepted
        answered = {written.id: written.at for written in reversed(self._evidence.answers) if written.was is None}
        waits = sorted(answered[a.id] - a.at for a in accepted if a.id in answered and not a.ask.cancelled)
        past = [answered[a.id] - self._course.calm_at for a in accepted if a.id in answered]
        large = Counter(len(a.ask.records) for a in accepted if len(a.ask.records) in LARGE)
        return {
            "predictions accepted": f"{len(accepted):,} of {sum(len(a.ask.records) for a in accepted):,} records",
            "accepted within": f"{self._course.calm_at:.0f} s, while everything broke",
            "lost": f"{sum(a.id not in answered for a in accepted):,}",
            "from accepted to finished": f"median {statistics.median(waits):.1f} s, 99 % in"
            f" {waits[len(waits) * 99 // 100]:.1f} s, longest {waits[-1]:.1f} s",
            "longest pending past the last fault": f"{max(0.0, *past):.1f} s",
            "the queues' clock": f"{HASTE} times as fast; {IDLE_SECONDS / TICK:.0f} times while no function is at work",
            "messages queued": f"{len(self._evidence.sent):,}",
            "through the payload bucket": ", ".join(f"{n} of {rows:,} records" for rows, n in sorted(large.items())),
            "calls of AWS": f"{len(self._course.witness.calls):,}",
        }

    def draw(self, path: Path) -> None:
        """Accepted and finished over time."""
        course = self._course
        accepted = sorted(a.at for a in course.told.accepted)
        ids = {a.id for a in course.told.accepted}
        finished = sorted(w.at for w in self._evidence.answers if w.was is None and w.id in ids)
        lethal = [(a.at, f"model: {_deed(a)}") for a in course.told.accepted if _deed(a) in DEEDS]
        draw(
            path,
            accepted=[(at, place + 1) for place, at in enumerate(accepted)],
            finished=[(at, place + 1) for place, at in enumerate(finished)],
            faults=sorted([*course.saboteur.history, *lethal]),
            title=f"{course.plan.count:,} predictions on an emulated AWS, seed {course.plan.seed}",
        )


def _deed(accepted: Accepted) -> str:
    return str(accepted.ask.records[0]["deed"])


def _all(service: Deployed, kind: str, operation: str, **place: str) -> list[Any]:
    """Every object of a bucket, or item of a table; `place` has the stack's output that names it."""
    named = {name: service.outputs[output] for name, output in place.items()}
    pages = service.site.emulator.client(kind).get_paginator(operation).paginate(**named)
    return [found for page in pages for found in page.get("Contents", page.get("Items", []))]


def _opened(backend: AwsBackend, bodies: Sequence[str]) -> list[tuple[str, str, bool, bool]]:
    """Each message with its payload, wherever that is."""
    messages = [backend.queue.open(body) for body in bodies]
    return [(message.prediction_id, message.payload.decode(), False, False) for message in messages]


def _read(port: int, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    client = Client(Told(), port, random.Random(0))
    answers = {id_: client.once("GET", f"/api/predict/{id_}", None) for id_ in ids}
    client.close()
    return {id_: answer or (0, b"") for id_, answer in answers.items()}
