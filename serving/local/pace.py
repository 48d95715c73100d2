"""How many messages a batch takes, and how long the next one is waited for: under load both grow."""

import time

MOST_MESSAGES = 4_000
FIRST_MESSAGES = 100
PATIENCE = 0.05
"""Seconds that a batch is waited for, at most."""
ENOUGH = 48
"""Messages that are waited for, at most: while they are predicted the next ones come, and neither side stands idle."""


class Pace:
    """Follows the batches of one worker; `timeout` in seconds is what a batch may take."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._took = 0.0
        self._ended = float("-inf")
        self.most = FIRST_MESSAGES
        self.expected = 1

    def took(self, count: int, seconds: float) -> None:
        """A batch of `count` messages is done. A slow model gets what it can answer in time, other workers the rest."""
        self.expected, self._took, self._ended = min(count, ENOUGH), seconds, time.monotonic()
        if seconds > self._timeout / 10:
            self.most = max(1, self.most // 4)
        elif seconds < self._timeout / 40:
            self.most = min(MOST_MESSAGES, self.most * 4)

    def until(self) -> float:
        """Up to when (`time.monotonic()`) the next batch is waited for: twice the last one's time, PATIENCE at most.

        Who waits for its answers asks again when they come; one predict for all of them takes hardly longer than one
        for the first.
        """
        return self._ended + min(2 * self._took, PATIENCE)
