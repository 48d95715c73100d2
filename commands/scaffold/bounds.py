"""Bounds of a number: those of the data, widened to round ones, so that a plausible new value can be entered."""

import math
import sys

WIDENED = 0.25  # of the range, at either end
SHARES = {1, 100}
"""Where the range of a share or a percentage ends."""
WIDE = 1_000_000.0
"""Where nothing is known."""
WHOLE = (-(2**63), 2**63 - 1)
"""What a whole number of the schema, and of the frame that is made of it, can be."""
LARGEST = sys.float_info.max
TINIEST = 1e-300


def widened(low: float, high: float) -> tuple[float, float]:
    """Round numbers around low and high; what is never negative stays so."""
    low, high = max(low, -LARGEST), min(high, LARGEST)
    span = min(high - low or max(abs(low), 1), LARGEST)
    step = _round_step(span / 10)
    digits = max(0, 2 - math.floor(math.log10(step)))
    start = round(math.floor(max(low - WIDENED * span, -LARGEST) / step) * step, digits)
    end = round(math.ceil(min(high + WIDENED * span, LARGEST) / step) * step, digits)
    if low >= 0:
        start = max(start, 0)
        end = high if high in SHARES else end
    elif high <= 0:
        end = min(end, 0)
    return max(min(start, low), -LARGEST), min(max(end, high), LARGEST)


def widened_whole(low: int, high: int) -> tuple[int, int]:
    """The same for whole numbers that fit WHOLE, to the last digit; a flag stays 0 and 1."""
    if (low, high) in {(0, 1), (0, 0), (1, 1)}:
        return 0, 1
    span = high - low or max(abs(low), 1)
    step = max(1, int(_round_step(span / 10)))
    start = (4 * low - span) // (4 * step) * step
    end = -(-(4 * high + span) // (4 * step)) * step
    if low >= 0:
        start = max(start, 0)
    elif high <= 0:
        end = min(end, 0)
    return max(min(start, low), WHOLE[0]), min(max(end, high), WHOLE[1])


def fits_whole(low: float, high: float) -> bool:
    """Whether an int64 can be either; others can only be served as floats."""
    return WHOLE[0] <= low and high <= WHOLE[1]


def whole(value: float) -> float | int:
    """An int where the number is one, so that it is written without a point."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def middle(low: float, high: float) -> float:
    """A value between the bounds with as few digits as tell it from them."""
    if low == high:
        return low
    step = _round_step(high / 20 - low / 20)
    found = round(math.floor((low / 2 + high / 2) / step) * step, max(0, 2 - math.floor(math.log10(step))))
    return min(max(found, low), high)


def near(value: float, low: float, high: float) -> float:
    """The value with three digits, inside the bounds."""
    return min(max(float(f"{value:.3g}"), low), high)


def longest(length: int) -> int:
    """A round limit of at least twice the length that was seen."""
    wanted = max(2 * length, 20)
    return math.ceil(_round_step(wanted))


def _round_step(size: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = max(size, TINIEST)
    power = float(10.0 ** math.floor(math.log10(size)))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if factor * power >= size * (1 - 1e-9))
