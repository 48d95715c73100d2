"""What else must be true when a drill on AWS is over: of dead letters, of the payload bucket, of the gateway."""

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
            wrong=left + _not_replaced_once(outage.dead, answers),
        ),
    ]


def _not_replaced_once(dead: Collection[str], answers: Sequence[Written]) -> list[str]:
    """A worker may have answered what its message died of later; else the failure is written, then replaced."""
    wrong = []
    for id_ in sorted(dead):
        became = [written.became for written in answers if written.id == id_ and not written.erased]
        if became[:1] == ["failed"] and len(became) != 2:
            wrong.append(f"{id_} was failed, and then written {len(became) - 1} times")
    return wrong


def without_failures_of(dead: Collection[str], answers: Sequence[Written]) -> list[Written]:
    """The answers as if no letter had died: what a redrive has replaced is left out."""
    replaced = {written.id for written in answers if written.id in dead and written.was == "failed"}
    kept = []
    for written in answers:
        if written.id not in replaced or written.erased:
            kept.append(written)
        elif written.was is not None:
            kept.append(replace(written, was=None))
            replaced.discard(written.id)  # whatever comes after this is one answer too many
    return kept


def read_for_good(finished: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """What clients have read, but for the failures that a redrive may replace."""
    return [(id_, document) for id_, document in finished if not _is_dead_letter(document)]


def _is_dead_letter(document: bytes) -> bool:
    return bool(from_json(document).get("error", {}).get("code") == Code.DEAD_LETTER)


def bucket_check(keys: Sequence[str], *, queued: Collection[str], named: Collection[str], kills: int) -> Check:
    """`named` are the objects that the table names. A worker that is killed before it writes the row leaves one."""
    wrong, orphans = [], []
    for key in keys:
        folder, _, name = key.partition("/")
        id_ = name.rpartition("-")[0]
        if folder not in {"messages", "results"} or id_ not in queued:
            wrong.append(f"{key} belongs to nothing")
        elif folder == "results" and key not in named:
            orphans.append(f"{key} is named by no row")
    return Check(
        name="nothing in the payload bucket but what the drill's predictions hold",
        of=len(keys),
        wrong=wrong + orphans[kills:],
    )


def gateway_check(broken: int, kills: int) -> Check:
    """An API function that is killed takes the request with it that it had: the gateway tells."""
    wrong = [f"{broken} requests were answered by the gateway, and {kills} functions killed"] if broken > kills else []
    return Check(name="the gateway answers for killed functions alone", of=kills, wrong=wrong)
