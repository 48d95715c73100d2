"""Finds the rows that make a batch fail, by halving it within a budget."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.prediction import Code
from serving.redaction import trace, without_paths
from worker.outcome import Answer, RowError

PREDICTS = 256
"""What one search may spend. To tell 7 bad rows from 1,000 takes about 90 predicts, and never fewer than 57."""

Attempt = Callable[[int, int], list[Answer]]
"""The answers of the rows from a start to an end; raises what the model raises."""


@dataclass(slots=True)
class Budget:
    """How many predicts are left, and until when (`time.monotonic()`)."""

    deadline: float
    predicts: int = PREDICTS

    def spend(self) -> bool:
        """Take one predict out of the budget; False when there is none left."""
        self.predicts -= 1
        return self.predicts >= 0 and time.monotonic() < self.deadline


def separate(count: int, attempt: Attempt, budget: Budget) -> list[Answer]:
    """An answer for each row: the model's, its error on that row alone, or `not_separated` past the budget.

    The first attempt is at the whole batch and always made. Raises MemoryError: that is no row's proven fault.
    """
    unknown = RowError(Code.NOT_SEPARATED, "Too many rows of this batch fail to tell them apart: send fewer at once.")
    answers: list[Answer] = [unknown] * count

    def search(start: int, end: int, failing: bool) -> bool:
        """Answer the rows; True if any of them failed. With `failing` it is known that one does."""
        if not failing or end - start == 1:
            if end - start < count and not budget.spend():
                return True
            try:
                answers[start:end] = attempt(start, end)
                return False
            except MemoryError:
                raise
            except Exception as error:  # the user's model may raise anything
                if end - start == 1:
                    answers[start] = RowError(Code.ROW_REJECTED, describe(error), trace(error))
                    return True
        middle = (start + end) // 2
        left_failed = search(start, middle, False)
        search(middle, end, not left_failed)  # where the left half is sound, the right half need not be asked
        return True

    search(0, count, False)
    return answers


def describe(error: Exception) -> str:
    """An exception as a client sees it: its type and the first line of its text, without the path of a file."""
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror or 'a file or connection failed'}"
    text = without_paths(str(error).strip().split("\n", 1)[0])[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
