"""What must be true when a drill is over, held against what clients were told and what the witness saw."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from bench.drill.client import Accepted, Told
from bench.drill.model import answers
from bench.drill.plan import Ask
from bench.drill.report import Check
from bench.drill.witness import Written
from serving.ports import Row
from serving.prediction import Status

CODES = {
    "hang": "model_timeout",
    "exit": "model_crashed",
    "segfault": "model_crashed",
    "memory": "model_out_of_memory",
    "poison": "row_rejected",
}
_NUMBERS = re.compile(r'"number":\s*(\d+|\[[\d,\s]*\])')  # of a row, or of a column


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything that is known of a drill."""

    told: Told
    rows: Mapping[str, Row | None]  # what the store has under each accepted id
    sent: Sequence[tuple[str, str, bool, bool]]
    answers: Sequence[Written]
    read: Mapping[str, tuple[int, bytes]]  # some of them once more, by HTTP
    left: Mapping[str, int]
    leaked: Sequence[str]


def checks(evidence: Evidence) -> list[Check]:
    """Each promise."""
    return [
        _one_answer(evidence),
        _queued(evidence),
        _right(evidence),
        _never_changed(evidence),
        _idempotent(evidence.told),
        _refused(evidence),
        _statuses(evidence.told),
        _by_http(evidence),
        Check(
            name="nothing is left: no message, lease, dead letter, process or scratch file",
            of=len(evidence.sent),
            wrong=[f"{count} {what}" for what, count in evidence.left.items() if count] + list(evidence.leaked),
        ),
    ]


def _one_answer(evidence: Evidence) -> Check:
    """Cancelled ones aside, an answer is written once and then stays."""
    first = Counter(written.id for written in evidence.answers if written.was is None)
    cancelled = {accepted.id for accepted in evidence.told.accepted if accepted.ask.cancelled}
    changed = [written for written in evidence.answers if written.was is not None]
    wrong = [f"{accepted.id} is pending" for accepted in evidence.told.accepted if not first[accepted.id]]
    wrong += [f"{written.id} was answered again" for written in changed if written.id not in cancelled]
    wrong += [f"{written.id} was erased and came back" for written in changed if not written.erased]
    wrong += [f"request {ask.place} was never accepted" for ask in evidence.told.given_up]
    return Check(name="every accepted prediction has exactly one answer", of=len(evidence.told.accepted), wrong=wrong)


def _queued(evidence: Evidence) -> Check:
    """Also of requests whose client never heard of it, because the connection broke."""
    answered = {written.id for written in evidence.answers}
    queued = {id_ for id_, *_ in evidence.sent}
    wrong = [f"{id_} was queued and not answered" for id_ in queued - answered]
    return Check(name="everything that was queued was answered, asked for or not", of=len(queued), wrong=wrong)


def _right(evidence: Evidence) -> Check:
    """Equal to the Pipeline's own: predicted here, by the model that the answer names."""
    records = [record for accepted in evidence.told.accepted for record in accepted.ask.records]
    own = answers(records) if records else {}
    wrong = []
    for accepted in evidence.told.accepted:
        problem = _problem(accepted, evidence.rows.get(accepted.id), own)
        if problem:
            wrong.append(f"{accepted.id}: {problem}")
    return Check(name="every answer is the Pipeline's own, or names what the model did", of=len(records), wrong=wrong)


def _problem(accepted: Accepted, row: Row | None, own: Mapping[str, Mapping[int, float]]) -> str:
    if row is None:
        return "there is no row"
    if accepted.ask.cancelled:
        erased = row.document is None or from_json(row.document)["status"] == Status.CANCELLED
        return "" if erased else "it was deleted, and is there"
    if row.document is None:
        return "it was erased, and nobody asked for it"
    document = from_json(row.document)
    if accepted.ask.many:
        if document["status"] != Status.SUCCEEDED:
            return f"an array {document['status']}: {document.get('error')}"
        found = document["result"]
    else:
        found = [document["result"] if "result" in document else {"error": document["error"]}]
    if len(found) != len(accepted.ask.records):
        return f"{len(found)} results for {len(accepted.ask.records)} records"
    return next(
        filter(None, (_row(*pair, document, own) for pair in zip(accepted.ask.records, found, strict=True))), ""
    )


def _row(record: Mapping[str, Any], found: Mapping[str, Any], document: Any, own: Any) -> str:
    expected = CODES.get(record["deed"])
    if expected is not None:
        code = found.get("error", {}).get("code")
        return "" if code == expected else f"{record['deed']} was answered {code or found}"
    if "error" in found:
        return f"an innocent record failed: {found['error']}"
    wanted = own[document["model"]["tag"]][record["number"]]
    return "" if math.isclose(found["prediction"], wanted, rel_tol=1e-9) else f"{found['prediction']}, not {wanted}"


def _never_changed(evidence: Evidence) -> Check:
    """A finished answer that a client has read stays the same, byte for byte."""
    cancelled = {accepted.id for accepted in evidence.told.accepted if accepted.ask.cancelled}
    seen = [(id_, document) for id_, document in evidence.told.finished if id_ not in cancelled]
    wrong = []
    for id_, document in seen:
        row = evidence.rows.get(id_)
        if row is None or row.document != document:
            wrong.append(f"{id_} was read as {document[:200]!r}, and is another now")
    return Check(name="no answer that was read ever changed", of=len(seen), wrong=wrong)


def _idempotent(told: Told) -> Check:
    wrong = [f"{first} was replayed as {second}" for first, second in told.replays if first != second]
    shared = Counter(accepted.id for accepted in told.accepted)
    wrong += [f"{id_} was given out {count} times" for id_, count in shared.items() if count > 1]
    return Check(
        name="an Idempotency-Key leads to the same prediction, and no two share one", of=len(told.replays), wrong=wrong
    )


def _refused(evidence: Evidence) -> Check:
    """Known by the numbers of its records, in whatever was queued."""
    queued = {int(number) for _, payload, *_ in evidence.sent for number in _numbers_in(payload)}
    wrong = [f"{ask.place} was refused, and queued" for ask in evidence.told.refused if _numbers(ask) & queued]
    wrong += [f"{ask.place} was refused for nothing" for ask in evidence.told.refused if not ask.invalid]
    wrong += [f"{a.ask.place} was accepted in spite of its error" for a in evidence.told.accepted if a.ask.invalid]
    return Check(name="what was refused was not processed", of=len(evidence.told.refused), wrong=wrong)


def _numbers_in(payload: str) -> list[str]:
    return [number for found in _NUMBERS.findall(payload) for number in re.findall(r"\d+", found)]


def _statuses(told: Told) -> Check:
    expected = {200, 202, 204, 410, 422, 503}
    wrong = [f"{count} answers with {status}" for status, count in told.statuses.items() if status not in expected]
    return Check(name="no answer of HTTP but those that are documented", of=told.statuses.total(), wrong=wrong)


def _by_http(evidence: Evidence) -> Check:
    wrong = []
    for id_, (status, document) in evidence.read.items():
        row = evidence.rows[id_]
        same = row is not None and (row.document is None or (status, document) == (200, row.document))
        if not same:
            wrong.append(f"{id_} is answered {status}")
    return Check(name="GET answers what the store has", of=len(evidence.read), wrong=wrong)


def _numbers(ask: Ask) -> set[int]:
    return {record["number"] for record in ask.records}
