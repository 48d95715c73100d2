"""Writes the report of what is served when that has changed; what it costs is never a batch."""

import logging
import time
from collections.abc import Callable

from serving.errors import Unavailable
from serving.ports import PredictionStore
from serving.report import KEY, Report, document, parsed

logger = logging.getLogger(__name__)

TRIES = 3
PAUSE = 60.0
"""Seconds until a store that could not be written to is asked again."""


class Reporter:
    """One worker's; several of them write the same document, and those that agree write it once."""

    def __init__(self, store: PredictionStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._told: Report | None = None
        self._not_before = float("-inf")

    def forget(self) -> None:
        """The pointer has moved: what was told before may have been overwritten since by another worker."""
        self._told = None

    def tell(self, report: Report) -> None:
        """Write it unless this was told already, or is there already."""
        if report.says_the_same_as(self._told) or self._clock() < self._not_before:
            return
        try:
            if self._write(report):
                self._told = report
        except Unavailable as error:
            logger.warning("what is served could not be reported: %s", error)
            self._not_before = self._clock() + PAUSE

    def _write(self, report: Report) -> bool:
        text = report.model_dump_json().encode()
        for _ in range(TRIES):  # another worker may write at the same moment
            before = document(self._store)
            if report.says_the_same_as(parsed(before)) or self._store.swap(KEY, text, expected=before):
                return True
        return False
