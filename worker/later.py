"""The service's fault: a message is tried again later, each time later still."""

import logging

from serving.errors import Unavailable
from serving.ports import PredictionQueue

logger = logging.getLogger(__name__)

LONGEST_BACKOFF = 900.0
"""Seconds."""


def try_later(queue: PredictionQueue, *, handle: str, receives: int, name: str) -> None:
    """Hide the message for 1 s after its first receive, then twice as long each time; `name` is for the log."""
    try:
        queue.postpone(handle, min(2.0 ** (receives - 1), LONGEST_BACKOFF))
    except Unavailable as error:  # then it comes back when its visibility ends
        logger.error("%s can't be postponed: %s", name, error)
