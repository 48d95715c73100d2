"""Ends this process when a call hangs, even inside a C extension: its supervisor starts another."""

import faulthandler
import time

SLACK = 1.0
"""Seconds that a call may take beyond its time, so that many short ones are watched by one alarm: each is a thread."""


class Watchdog:
    """Watches calls one after the other."""

    def __init__(self, seconds: float) -> None:
        """`seconds` are what a call may take."""
        self._seconds = seconds
        self._since: float | None = None

    def begin(self) -> None:
        """A call begins: it is ended after its time, and SLACK at most."""
        now = time.monotonic()
        if self._since is None or now - self._since > SLACK:
            faulthandler.dump_traceback_later(self._seconds + SLACK, exit=True)
            self._since = now

    def end(self) -> None:
        """It is over. The alarm stays for the next one, if that would have its whole time."""
        if self._since is not None and time.monotonic() - self._since > SLACK:
            self.rest()

    def rest(self) -> None:
        """Nothing is to be watched: whatever comes next may take as long as it likes."""
        if self._since is not None:
            faulthandler.cancel_dump_traceback_later()
            self._since = None
