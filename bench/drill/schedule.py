"""One fault after another while the clients are at work, each at its place between 0 and 1 of the drill."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from bench.drill.client import Told

Planned = tuple[float, str, Callable[[], None]]
"""A fault's place, its name, and what is done."""


class Schedule:
    """Whoever breaks things fills `faults` and calls `start`; `history` tells when each happened."""

    faults: list[Planned]

    def __init__(self, told: Told, *, progress: Callable[[], float]) -> None:
        """`progress` tells how far the drill is, from 0 to 1."""
        self.told = told
        self.history: list[tuple[float, str]] = []
        self.counts: Counter[str] = Counter()
        self.begun = 0
        self.ended_at = 0.0
        self.error: BaseException | None = None
        """What a fault raised: the drill ends with it, it would else be one without faults."""
        self._progress = progress
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._thread.is_alive()

    @property
    def now(self) -> str:
        """The fault of the moment."""
        return self.history[-1][1] if self.history else ""

    def happens(self, name: str) -> None:
        """Write down that this is broken now."""
        self.history.append((self.told.now(), name))
        self.counts[name] += 1

    def _run(self) -> None:
        try:
            for at, name, fault in self.faults:
                while self._progress() < at:
                    time.sleep(0.02)
                self.begun += 1
                self.happens(name)
                fault()
                self.ended_at = self.told.now()
        except BaseException as error:  # noqa: BLE001  # see `error`
            self.error = error
