"""What was tried too often is kept whole, then becomes a failed prediction; needs no model, so that it always can."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from serving.adapters import Backend
from serving.errors import PayloadLost, Unavailable
from serving.ports import DeadLetter
from serving.prediction import Code, Failure, Message

logger = logging.getLogger(__name__)

KEPT = 7 * 86_400_000
"""Milliseconds that a message is kept which this service can't read."""


class DeadLetterHandler:
    """Called by the queue with messages that were received more than MAX_RECEIVES times."""

    def __init__(self, backend: Backend, *, tries: int) -> None:
        self._backend = backend
        self._reason = f"No answer after {tries} tries. The service keeps the message and can try it again."

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Kept, then failed, then acknowledged: in this order, so that no step is lost when the next one is."""
        failures = []
        for record in event["Records"]:
            try:
                self._bury(record)
            except Unavailable as error:
                logger.error("message %s can't be kept as a dead letter yet: %s", record["messageId"], error)
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    def _bury(self, record: Mapping[str, Any]) -> None:
        try:
            message = self._backend.queue.open(record["body"])
        except PayloadLost as error:  # nothing is left to be kept
            failure = Failure(code=Code.INPUT_LOST, message=str(error))
            self._backend.predictions.finish([error.head.answered(failure, now=_now())])
            return
        except ValueError as error:
            self._backend.dead_letters.keep(unreadable(record, str(error)))
            return
        logger.error("prediction_id=%s dead letter: %s", message.prediction_id, self._reason)
        self._backend.dead_letters.keep(letter(message, self._reason))
        failure = Failure(code=Code.DEAD_LETTER, message=self._reason)
        self._backend.predictions.finish([message.answered(failure, now=_now())])


def letter(message: Message, reason: str) -> DeadLetter:
    """The message as it is kept for redrive."""
    return DeadLetter(
        id=message.prediction_id,
        body=message.to_text(),
        reason=reason,
        died_at=_now(),
        expires_at=message.expires_at,
    )


def unreadable(record: Mapping[str, Any], reason: str) -> DeadLetter:
    """An SQS record that this service did not write, as it is kept to be looked at."""
    now = _now()
    return DeadLetter(id=record["messageId"], body=record["body"], reason=reason, died_at=now, expires_at=now + KEPT)


def _now() -> int:
    return int(time.time() * 1000)
