"""A slice -> its answers: what is refused is left out, what is too large is halved, what is known is not sent again."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from commands.batch.accepted import Accepted
from commands.batch.client import Client, Refused, RowsRefused
from commands.batch.journal import Journal
from commands.batch.output import Answer
from commands.batch.slices import Encoding, Slice
from serving.errors import GonePrediction, TooLarge, UnknownPrediction
from serving.prediction import Code, Status


class Sender:
    """Sends slices and reads their results; the journal knows what an earlier run has sent."""

    def __init__(self, client: Client, encoding: Encoding, journal: Journal) -> None:
        self._client = client
        self._encoding = encoding
        self._journal = journal
        self._earlier = frozenset(part.prediction_id for part in journal.accepted.values())

    async def send(self, part: Slice, *, instead_of: str = "") -> list[Accepted]:
        """What the service made of the slice: one prediction, or several when it had to be halved.

        `instead_of` is the prediction_id of an earlier attempt that is gone.
        Raises Refused, OutOfPatience.
        """
        known = self._journal.accepted.get(part.place)
        if known is not None and known.prediction_id != instead_of:
            return [known]
        refused = {place: row.problem for place, row in enumerate(part.rows) if row.problem is not None}
        while len(refused) < len(part.rows):
            body = self._encoding.body_without(part, refused)
            try:
                prediction_id = await self._client.send(
                    body, self._encoding.content_type, self._key(part, body, instead_of)
                )
            except RowsRefused as error:
                sent = [place for place in range(len(part.rows)) if place not in refused]
                refused |= {sent[row]: message for row, message in error.messages.items()}
            except TooLarge as error:
                if len(part.rows) > 1:
                    first, second = part.halves()
                    return [*await self.send(first), *await self.send(second)]
                refused = {0: str(error)}
            else:
                return [self._accepted(part, prediction_id, refused)]
        return [self._accepted(part, None, refused)]

    async def answers(self, part: Slice) -> list[Answer]:
        """An answer for each row, in order. Raises Refused, OutOfPatience."""
        return await self._collect(part, await self.send(part))

    async def _collect(self, part: Slice, sent: Sequence[Accepted]) -> list[Answer]:
        answers: list[Answer] = []
        for accepted in sent:
            start = accepted.first_row - part.first_row
            end = start + accepted.count
            rows = Slice(accepted.first_row, part.rows[start:end], part.lines[start:end])
            answers += await self._answers(rows, accepted)
        return answers

    async def _answers(self, part: Slice, accepted: Accepted) -> list[Answer]:
        document = await finished(self._client, accepted)
        code = (document.get("error") or {}).get("code")
        if code == GONE and accepted.prediction_id in self._earlier:
            # The run was interrupted longer ago than results are kept.
            return await self._collect(part, await self.send(part, instead_of=accepted.prediction_id or ""))
        if code == Code.RESULT_TOO_LARGE and len(part.rows) > 1:
            return [answer for half in part.halves() for answer in await self.answers(half)]
        return rows_of(document, accepted)

    def _accepted(self, part: Slice, prediction_id: str | None, refused: Mapping[int, str]) -> Accepted:
        first_row, count = part.place
        accepted = Accepted(first_row=first_row, count=count, prediction_id=prediction_id, refused=refused)
        self._journal.accept(accepted)
        return accepted

    def _key(self, part: Slice, body: bytes, instead_of: str) -> str:
        """The Idempotency-Key: a crash between the service's answer and our journal sends nothing twice.

        It holds the body, because the same key with another body (with bad rows left out) is an error.
        """
        task, slicing = self._journal.task, self._journal.slicing
        head = f"{slicing.run_id}\n{task.input_sha256}\n{part.first_row}\n{instead_of}\n"
        return hashlib.sha256(head.encode() + body).hexdigest()


GONE = "gone"
INVALID = "invalid"


async def finished(client: Client, accepted: Accepted) -> Mapping[str, Any]:
    """The finished prediction; a failed one, with an error of ours, when the service knows it no longer."""
    if accepted.prediction_id is None:
        return {"status": Status.SUCCEEDED, "result": []}
    try:
        document: Mapping[str, Any] = await client.finished(accepted.prediction_id)
    except (GonePrediction, UnknownPrediction) as error:
        return {"status": Status.FAILED, "error": {"code": GONE, "message": str(error)}}
    return document


def rows_of(document: Mapping[str, Any], accepted: Accepted) -> list[Answer]:
    """An answer for each row that was accepted or refused, in order. Raises Refused when their number is not right."""
    sent = accepted.count - len(accepted.refused)
    if document["status"] == Status.SUCCEEDED:
        results = document["result"]
        results = results if isinstance(results, list) else [results]
    else:
        cancelled = {"code": str(Status.CANCELLED), "message": "The prediction was cancelled."}
        results = [{"error": document.get("error") or cancelled}] * sent
    if len(results) != sent:
        raise Refused(f"{accepted.prediction_id} has {len(results)} results for {sent} rows.")
    rest = iter(results)
    return [
        {"error": {"code": INVALID, "message": accepted.refused[place]}} if place in accepted.refused else next(rest)
        for place in range(accepted.count)
    ]
