"""RATE_LIMIT, for each API key and address, on one machine; on AWS the gateway throttles."""

import math
import time
from collections.abc import Callable

from serving.errors import SettingsError, TooManyRequests

Throttle = Callable[[str, str], None]
"""Counts a request of an API key's name and an address. Raises TooManyRequests."""


def build_throttle(rate: str) -> Throttle:
    """`rate` such as `100/minute`; empty: no limit. Raises SettingsError for anything else."""
    if not rate:
        return lambda key, address: None

    from limits import parse  # 0.1 s to import, which a cold start on AWS need not pay
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

    try:
        limit = parse(rate)
    except ValueError as error:
        raise SettingsError(f"RATE_LIMIT is {rate!r}: write it like 100/minute.") from error
    limiter = FixedWindowRateLimiter(MemoryStorage())

    def check(key: str, address: str) -> None:
        if not limiter.hit(limit, key, address):
            reset = limiter.get_window_stats(limit, key, address).reset_time
            raise TooManyRequests(f"Over {limit}: slow down.", max(1, math.ceil(reset - time.time())))

    return check
