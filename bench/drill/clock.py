"""A clock of the drill's own for the processes that it starts: libfaketime, where it is installed."""

import sys
from collections.abc import Mapping
from pathlib import Path

LIBRARY = "faketime/libfaketimeMT.so.1"


class Clock:
    """Set through a file, that the processes look at once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shift("+0")

    def shift(self, offset: str) -> None:
        """Set it, such as `+6h`."""
        written = self._path.with_suffix(".new")
        written.write_text(f"{offset}\n")
        written.replace(self._path)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes a process live by it; nothing where there is no libfaketime."""
        library = jumping_clock()
        if library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # the system's own does not jump either
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # for old libraries of C; here it makes every wait for a lock spin
            "FAKETIME_DISABLE_SHM": "1",
            "NO_FAKE_STAT": "1",
        }


def jumping_clock() -> Path | None:
    """Where libfaketime is: Debian's package `libfaketime`, for one."""
    if sys.platform != "linux":
        return None
    return next((path for top in ("usr/lib/*", "usr/lib*") for path in Path("/").glob(f"{top}/{LIBRARY}")), None)
