"""What was tried too often is kept whole, then becomes a failed prediction; needs no model, so that it always can."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from serving.adapters import Backend
from serving.errors import PayloadLost, Unavailable
from serving.message import Message
from serving.ports import DeadLetter
from serving.prediction import Code, Failure
from serving.redaction import told

logger = logging.getLogger(__name__)

KEPT = 7 * 86_400_000
"""Milliseconds that a message is kept which does not tell when it expires."""


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
            except Exception as error:  # mostly Unavailable; whatever it is, the others of the batch are done
                logger.error("message %s can't be kept as a dead letter yet: %s", record["messageId"], told(error))
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    def _bury(self, record: Mapping[str, Any]) -> None:
        try:
            message = self._backend.queue.open(record["body"])
        except PayloadLost as error:  # nothing is left to be kept
            failure = Failure(code=Code.INPUT_LOST, message=str(error))
            self._backend.predictions.finish([error.head.answered(failure, now=_now())], redriven=error.head.redriven)
            return
        except Unavailable:
            raise
        except Exception as error:  # anybody's text, and it would come back for days
            give_up(self._backend, record, error)
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


def give_up(backend: Backend, record: Mapping[str, Any], error: Exception) -> None:
    """Keep a message that can't be read, as it came; where it tells whose it is, that prediction fails.

    Raises Unavailable.
    """
    head, now = Message.head(record["body"]), _now()
    name = f"prediction_id={head.prediction_id}" if head else f"message {record['messageId']}"
    trace = None if isinstance(error, ValueError) else error  # what nobody foresaw
    logger.error("%s can't be read and is kept as a dead letter: %s", name, told(error), exc_info=trace)
    backend.dead_letters.keep(
        DeadLetter(
            id=head.prediction_id if head else record["messageId"],
            body=record["body"],
            reason=f"It can't be read: {error}",
            died_at=now,
            expires_at=head.expires_at if head else now + KEPT,
        )
    )
    if head is not None:
        failure = Failure(code=Code.DEAD_LETTER, message="The service can't read this any more, and keeps it.")
        backend.predictions.finish([head.answered(failure, now=now)], redriven=head.redriven)


def _now() -> int:
    return int(time.time() * 1000)
