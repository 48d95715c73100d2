"""One log line for many batches: the first at once, then what has gathered, every ten seconds."""

import logging
import time

logger = logging.getLogger(__name__)

SECONDS = 10.0


class Tally:
    """Counts what was predicted since the last line."""

    def __init__(self) -> None:
        self._rows = self._predictions = self._batches = 0
        self._seconds = 0.0
        self._said_at = float("-inf")

    def add(self, rows: int, predictions: int, seconds: float, tag: str) -> None:
        """Count a batch; say so if the last line is old enough."""
        self._rows += rows
        self._predictions += predictions
        self._batches += 1
        self._seconds += seconds
        now = time.monotonic()
        if now - self._said_at < SECONDS:
            return
        logger.info(
            "%s of %s in %s, %.0f ms, model %s",
            _counted(self._rows, "row"),
            _counted(self._predictions, "prediction"),
            _counted(self._batches, "batch", "batches"),
            self._seconds * 1000,
            tag,
        )
        self._rows = self._predictions = self._batches = 0
        self._seconds, self._said_at = 0.0, now


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"
