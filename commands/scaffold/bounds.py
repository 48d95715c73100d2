"""Bounds of a number: those of the data, widened to round ones, so that a plausible new value can be entered."""

import math

WIDENED = 0.25  # of the range, at either end
SHARES = {1, 100}
"""Where the range of a share or a percentage ends."""
WIDE = 1_000_000.0
"""Where nothing is known."""


def widened(low: float, high: float, *, whole: bool = False) -> tuple[float, float]:
    """Round numbers around low and high; what is never negative stays so, and a flag stays 0 and 1."""
    if whole and (low, high) in {(0, 1), (0, 0), (1, 1)}:
        return 0, 1
    span = high - low or max(abs(low), 1)
    step = _round_step(span / 10)
    step = max(1.0, step) if whole else step
    start = math.floor((low - WIDENED * span) / step) * step
    end = math.ceil((high + WIDENED * span) / step) * step
    digits = max(0, 2 - math.floor(math.log10(step)))
    start, end = round(start, digits), round(end, digits)
    if low >= 0:
        start = max(start, 0)
        end = high if high in SHARES and not whole else end
    elif high <= 0:
        end = min(end, 0)
    return min(start, low), max(end, high)


def whole(value: float) -> float | int:
    """An int where the number is one, so that it is written without a point."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def middle(low: float, high: float) -> float:
    """A value between the bounds with as few digits as tell it from them."""
    if low == high:
        return low
    step = _round_step((high - low) / 20)
    found = round(math.floor((low + high) / 2 / step) * step, max(0, 2 - math.floor(math.log10(step))))
    return min(max(found, low), high)


def near(value: float, low: float, high: float) -> float:
    """The value with three digits, inside the bounds."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return min(max(round(value, digits), low), high)


def longest(length: int) -> int:
    """A round limit of at least twice the length that was seen."""
    wanted = max(2 * length, 20)
    return math.ceil(_round_step(wanted))


def _round_step(size: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    power = float(10.0 ** math.floor(math.log10(size)))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if factor * power >= size * (1 - 1e-9))
