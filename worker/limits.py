"""How much memory a predict may allocate, held by the operating system."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "linux":
    import os
    import resource

    _PAGE = resource.getpagesize()

    @contextmanager
    def memory_limit(mebibytes: int) -> Iterator[None]:
        """Within the block an allocation that goes so far beyond today's use raises MemoryError."""
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        in_use = _data_pages() * _PAGE
        limit = in_use + mebibytes * 1024 * 1024
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

    def _data_pages() -> int:
        """As the limit counts them. Read as it is: through a file object it takes three times as many calls."""
        file = os.open("/proc/self/statm", os.O_RDONLY)
        try:
            return int(os.read(file, 200).split()[5])
        finally:
            os.close(file)

else:

    @contextmanager
    def memory_limit(mebibytes: int) -> Iterator[None]:
        """macOS and Windows hold no such limit: there only PREDICT_TIMEOUT guards."""
        yield
