"""What else must be true when a drill on AWS is over: of dead letters, of the payload bucket, of the gateway."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic_core import from_json

from bench.drill.report import Check
from bench.drill.witness import Written
from serving.prediction import Code


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What came of the time in which the table was down on purpose."""

    began: float  # seconds since the drill began
    letters: Sequence[tuple[str, float]]  # ids of the dead, and when each was kept
    given_up: Collection[str]  # ids that were failed for that; others were answered meanwhile
    refused: Mapping[str, int]  # how often the table did not take an answer
    listed: Collection[str]  # ids that `cli dead-letters list` had before the redrive
    listed_after: Collection[str]

    @property
    def dead(self) -> set[str]:
        return {id_ for id_, _ in self.letters}


def dead_letter_checks(outage: Outage, answers: Sequence[Written]) -> list[Check]:
    """Only the planned ones died, all were listed, and each was answered after its redrive."""
    innocent = [f"{id_} died without the outage" for id_ in sorted(outage.dead - set(outage.refused))]
    innocent += [f"{id_} died before the outage" for id_, at in outage.letters if at < outage.began]
    odd = [f"{id_} is kept, and not listed" for id_ in sorted(outage.dead - set(outage.listed))]
    odd += [f"{id_} is listed, and was never kept" for id_ in sorted(set(outage.listed) - outage.dead)]
    left = [f"{id_} is still a dead letter" for id_ in outage.listed_after]
    return [
        Check(name="no dead letter but those of the planned outage", of=len(outage.dead), wrong=innocent),
        Check(name="`cli dead-letters list` has all of them", of=len(outage.dead), wrong=odd),
        Check(
            name="after `cli dead-letters redrive` each has one answer, and none is left",
            of=len(outage.dead),
            wrong=left + _not_replaced_once(outage.given_up, answers),
        ),
    ]


def _not_replaced_once(given_up: Collection[str], answers: Sequence[Written]) -> list[str]:
    """The failure is written, and then its answer."""
    written = Counter(answer.id for answer in answers if not answer.erased)
    return [f"{id_} was given up, and then answered {written[id_] - 1} times" for id_ in given_up if written[id_] != 2]


def without_failures_of(given_up: Collection[str], answers: Sequence[Written]) -> list[Written]:
    """The answers as if nothing had been given up: the failure is left out, and what replaced it comes first."""
    failed: set[str] = set()
    replaced: set[str] = set()
    kept = []
    for answer in answers:
        if answer.id not in given_up or answer.erased or answer.id in replaced:
            kept.append(answer)
        elif answer.id in failed:
            kept.append(replace(answer, was=None))
            replaced.add(answer.id)  # whatever comes after this is one answer too many
        else:
            failed.add(answer.id)
    return kept


def read_for_good(finished: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """What clients have read, but for the failures that a redrive may replace."""
    return [(id_, document) for id_, document in finished if not _is_dead_letter(document)]


def _is_dead_letter(document: bytes) -> bool:
    return bool(from_json(document).get("error", {}).get("code") == Code.DEAD_LETTER)


def bucket_check(
    keys: Sequence[str], *, queued: Collection[str], named: Collection[str], refused: Collection[str], losses: int
) -> Check:
    """`named` are the objects that the table names.

    A worker that is killed before it writes the row, or can't write it, leaves one that the bucket lets expire.
    """
    wrong, orphans = [], []
    for key in keys:
        folder, _, name = key.partition("/")
        id_ = name.rpartition("-")[0]
        if folder not in {"messages", "results"} or id_ not in queued:
            wrong.append(f"{key} belongs to nothing")
        elif folder == "results" and key not in named and id_ not in refused:
            orphans.append(f"{key} is named by no row")
    return Check(
        name="nothing in the payload bucket but what the drill's predictions hold",
        of=len(keys),
        wrong=wrong + orphans[losses:],
    )


def gateway_check(broken: int, kills: int) -> Check:
    """An API function that is killed takes the request with it that it had: the gateway tells."""
    wrong = [f"{broken} requests were answered by the gateway, and {kills} functions killed"] if broken > kills else []
    return Check(name="the gateway answers for killed functions alone", of=kills, wrong=wrong)
