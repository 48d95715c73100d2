"""Says in the log where the model raised on a row: under the prediction_id, and without a word of the record."""

import logging
from collections.abc import Sequence

from worker.outcome import Answer, RowError

logger = logging.getLogger(__name__)

SHOWN = 3
"""Of one prediction: a thousand rows that fail in three ways are three lines."""


def rejections(answers: Sequence[Answer] | None) -> list[str]:
    """A line for each place where the model raised, with the first row that it raised on."""
    if answers is None or RowError not in map(type, answers):
        return []
    rows: dict[str, list[int]] = {}
    for row, answer in enumerate(answers):
        if isinstance(answer, RowError) and answer.trace:
            rows.setdefault(answer.trace, []).append(row)
    return [
        f"row {places[0]}{f' and {len(places) - 1} more' if len(places) > 1 else ''}: {trace}"
        for trace, places in list(rows.items())[:SHOWN]
    ]


def log_rejections(prediction_id: str, lines: Sequence[str]) -> None:
    """Log what `rejections` found."""
    for line in lines:
        logger.warning("prediction_id=%s the model raised on %s", prediction_id, line)
