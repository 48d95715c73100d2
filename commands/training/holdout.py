"""Scores a way of training on rows that it has not seen: several times, each with another seed."""

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

    The model of seed 0, and the means over the seeds; with several `<metric>_spread`, the standard deviation. What is
    no number is that of seed 0. `spinner=False` leaves the terminal to a train that shows its own progress.
    """
    fitted, metrics = _timed(train, 0, seeds, spinner)
    found = [metrics, *(_timed(train, seed, seeds, spinner)[1] for seed in range(1, seeds))]
    for name, values in _numbers(found).items():
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
        progress.add_task(f"training, hold-out {seed + 1} of {seeds}")
        fitted, metrics = train(seed)
    scores = ", ".join(f"{name} {values[0]:.3f}" for name, values in _numbers([metrics]).items())
    say(f"seed {seed}: {scores} ({time.monotonic() - begun:.1f} s)")
    return fitted, metrics


def _numbers(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[float]]:
    """The values of each metric that is a number, in the order of the seeds."""
    names = [name for name, value in found[0].items() if isinstance(value, Real) and not isinstance(value, bool)]
    return {name: [float(metrics[name]) for metrics in found] for name in names}


def _means(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    numbers = _numbers(found)
    metrics: dict[str, Any] = {}
    for name, value in found[0].items():
        metrics[name] = round(statistics.fmean(numbers[name]), 4) if name in numbers else value
        if name in numbers and len(found) > 1:
            metrics[f"{name}_spread"] = round(statistics.stdev(numbers[name]), 4)
    return metrics


def _summary(name: str, values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{name} {values[0]:.3f} (1 hold-out of 20 %)"
    spread = statistics.stdev(values)
    return f"{name} {statistics.fmean(values):.3f} ± {spread:.3f} ({len(values)} hold-outs of 20 %)"
