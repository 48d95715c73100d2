"""A place that a process fills: the one that is there, and when the next may be started after it died."""

import logging
import signal
import subprocess
import sys
import threading
import time

from commands.processes import GO, MISCONFIGURED, READY
from serving.errors import ConfigurationError

logger = logging.getLogger(__name__)

STEADY_SECONDS = 5.0
"""Who lived so long is no crash loop: the next one is started at once."""
LONGEST_PAUSE = 30.0


class Place:
    """The API's, or one worker's."""

    def __init__(self, name: str, environment: dict[str, str], *arguments: str) -> None:
        """`arguments` are those of `commands.processes`."""
        self.name = name
        self._environment = environment
        self._arguments = arguments
        self._deaths = 0
        self._start_at: float | None = None
        self._start()

    def go(self) -> None:
        """Let it load the model, or listen."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(GO)
            self.process.stdin.flush()
        except BrokenPipeError:  # it has died; whoever looks at it says how
            return

    def move(self, environment: dict[str, str]) -> None:
        """Let another process, with other libraries, take the place of one that was not told to go yet."""
        self.process.terminate()
        self.process.wait()
        self._environment = environment
        self._start()

    def look(self) -> None:
        """Start anew what has died, at once if it lived for a while, later each time if not.

        Raises ConfigurationError when starting again can't help.
        """
        code = self.process.poll()
        if code is None:
            return
        if self._start_at is None:
            if code == MISCONFIGURED:
                raise ConfigurationError(f"{self.name} can't run with this project or model: see above.")
            lived = time.monotonic() - self._started_at
            self._deaths = 1 if lived > STEADY_SECONDS else self._deaths + 1
            pause = 0.0 if self._deaths <= 2 else min(2.0 ** (self._deaths - 3), LONGEST_PAUSE)
            logger.error("%s died (%s) and is started again in %.0f s", self.name, ending(code), pause)
            self._start_at = time.monotonic() + pause
        if time.monotonic() >= self._start_at:
            self._start()
            self.go()

    def _start(self) -> None:
        says_ready = self._arguments[0] == "worker"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "commands.processes", *self._arguments],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if says_ready else None,
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        self._start_at = None
        self.ready = threading.Event()
        if says_ready:
            threading.Thread(target=_listen, args=(self.process, self.ready), daemon=True).start()


def ending(code: int) -> str:
    """How a process ended, in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _listen(process: subprocess.Popen[bytes], ready: threading.Event) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line == READY:
            ready.set()
