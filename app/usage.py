"""Who asks for how much: counted for each API key, and said in the log ten seconds after there is something to say."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from serving.errors import RequestRefused

logger = logging.getLogger(__name__)

SECONDS = 10.0
UNKNOWN = "?"
"""Those who show no key, or none that the service knows."""


@dataclass
class _Counts:
    predictions: int = 0
    records: int = 0
    refused: int = 0


class Usage:
    """Counts since the last line; a service without API keys has nothing to count."""

    def __init__(self) -> None:
        self._counts: dict[str, _Counts] = defaultdict(_Counts)
        self._saying: asyncio.TimerHandle | None = None

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """A request of this key; what is refused within the block is counted as refused."""
        try:
            yield
        except RequestRefused:
            self.refuse(name)
            raise

    def accept(self, name: str, records: int) -> None:
        """Count a prediction that was accepted."""
        if name:
            counts = self._of(name)
            counts.predictions += 1
            counts.records += records

    def refuse(self, name: str) -> None:
        """Count a request that was refused."""
        if name:
            self._of(name).refused += 1

    def say(self) -> None:
        """A line for each key, and begin anew."""
        for name, counts in sorted(self._counts.items()):
            logger.info(
                "key=%s predictions=%d records=%d refused=%d", name, counts.predictions, counts.records, counts.refused
            )
        self._counts.clear()
        self._saying = None

    def _of(self, name: str) -> _Counts:
        if self._saying is None:
            self._saying = asyncio.get_running_loop().call_later(SECONDS, self.say)
        return self._counts[name]
