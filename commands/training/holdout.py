"""Scores a way of training on rows that it has not seen: several times, each with another seed."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeVar

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from commands.console import err, out, say

Fitted = TypeVar("Fitted")


def holdouts(
    train: Callable[[int], tuple[Fitted, Mapping[str, Any]]], *, seeds: int = 1, spinner: bool = True
) -> tuple[Fitted, dict[str, Any]]:
    """`train(seed)` fits on 80 % of the rows and scores on the other 20 %; seeds are 0, 1, 2 and so on.

    The model of seed 0, and the means over the seeds; with several `<metric>_spread`, the standard deviation. A metric
    that is not a finite number for each of them is None; what is never a number is that of seed 0. `spinner=False`
    leaves the terminal to a train that shows its own progress.
    """
    fitted, metrics = _timed(train, 0, seeds, spinner)
    found = [metrics, *(_timed(train, seed, seeds, spinner)[1] for seed in range(1, seeds))]
    for name, values in _numbers(found).items():
        if seeds > 1 or not _whole(values):
            say(_summary(name, values))
    return fitted, _means(found)


def _timed(
    train: Callable[[int], tuple[Fitted, Mapping[str, Any]]], seed: int, seeds: int, spinner: bool
) -> tuple[Fitted, Mapping[str, Any]]:
    """What `train` returns, with a line about it; until then, on a terminal, which seed it is and for how long."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = spinner and err.is_terminal
    begun = time.monotonic()
    with Progress(
        *columns, console=err, transient=True, disable=not shown, redirect_stdout=out.is_terminal
    ) as progress:
        progress.add_task(_task(seed, seeds))
        fitted, metrics = train(seed)
    scores = ", ".join(f"{name} {value:.3f}" for name, value in _scores(metrics).items())
    start = f"seed {seed}" if seeds > 1 else "hold-out of 20 %"
    kept = "; this model is kept" if seeds > 1 and not seed else ""
    say(f"{start}: {scores or 'no metrics'} ({time.monotonic() - begun:.1f} s){kept}")
    return fitted, metrics


def _task(seed: int, seeds: int) -> str:
    """Which model is kept, too: no other is trained on all rows in the end."""
    if seeds == 1:
        return "training on 80 % of the rows; this model is kept"
    kept = "the model of seed 0 is kept" if seed else "this model is kept"
    return f"seed {seed}, {seeds} in all: training on 80 % of the rows; {kept}"


def _scores(metrics: Mapping[str, Any]) -> Mapping[str, float]:
    """The metrics that are numbers; a NaN is one."""
    found = (
        (name, value) for name, value in metrics.items() if isinstance(value, Real) and not isinstance(value, bool)
    )
    return {name: float(value) for name, value in found}


def _numbers(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[float | None]]:
    """The values of each metric that is a number for a seed, in the order of the seeds; None for one without it."""
    scores = [_scores(metrics) for metrics in found]
    return {name: [each.get(name) for each in scores] for each in scores for name in each}


def _whole(values: Sequence[float | None]) -> Sequence[float]:
    """The values, where a mean can be taken of them: one for each seed, all of them finite. Else none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return finite if len(finite) == len(values) else []


def _means(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    numbers = _numbers(found)
    metrics: dict[str, Any] = {}
    for name in {**found[0], **numbers}:
        if name not in numbers:
            metrics[name] = found[0][name]
            continue
        values = _whole(numbers[name])
        metrics[name] = round(statistics.fmean(values), 4) if values else None  # JSON has no NaN
        if len(values) > 1:
            metrics[f"{name}_spread"] = round(statistics.stdev(values), 4)
    return metrics


def _summary(name: str, found: Sequence[float | None]) -> str:
    values = _whole(found)
    if not values:
        if len(found) == 1:
            return f"{name} is kept as null: it is no finite number"
        without = [str(seed) for seed, value in enumerate(found) if value is None or not math.isfinite(value)]
        seeds = f"seed {without[0]}" if len(without) == 1 else f"the seeds {', '.join(without)}"
        return f"{name} has no mean and is kept as null: it is no finite number for {seeds}"
    spread = statistics.stdev(values)
    return f"{name} {statistics.fmean(values):.3f} ± {spread:.3f} ({len(values)} hold-outs of 20 %)"
