"""What a tree of processes takes: CPU time, and memory while a block runs."""

import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

MIB = 1024 * 1024


def tree(pid: int) -> list[psutil.Process]:
    """The process and all below it; none when it has ended."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def cpu_seconds(pid: int) -> float:
    """User and system, of the processes that are alive."""
    taken = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess, OSError):
            taken += own_cpu_seconds(process.pid)
    return taken


def own_cpu_seconds(pid: int) -> float:
    """User and system, of this process alone. Raises psutil.NoSuchProcess, OSError when it has ended."""
    if sys.platform == "linux":  # the process's own clock counts nanoseconds, its times of the system hundredths
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident_mib(processes: list[psutil.Process]) -> float:
    """Resident memory; what processes share is counted in each."""
    taken = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            taken += process.memory_info().rss
    return taken / MIB


def busy(seconds: float = 1.0) -> float:
    """What part of all processors is taken while this process sleeps: by whatever else runs here."""
    return psutil.cpu_percent(interval=seconds) / 100


@dataclass
class Watched:
    """The memory of processes while a block runs, looked at every `pause` seconds."""

    processes: list[psutil.Process]
    pause: float = 0.05
    seen: list[tuple[float, float]] = field(default_factory=list)
    """When (time.monotonic), and how many MiB."""
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watched":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def peak(self) -> float:
        """MiB."""
        return max(mib for _, mib in self.seen)

    def between(self, start: float, end: float) -> list[float]:
        """What was seen from one moment to another, MiB."""
        return [mib for at, mib in self.seen if start <= at <= end]

    def _watch(self) -> None:
        while True:
            self.seen.append((time.monotonic(), resident_mib(self.processes)))
            if self._over.wait(self.pause):
                return
