"""The suite as a picture: each ratio against its goal, and what ever more records cost."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.row import Found, Row
from bench.table import compared, goal

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#888888"
LONGEST = 3.0
"""Times the goal: a bar that is longer ends there, and says so."""


def draw(path: Path, found: Sequence[Found]) -> None:
    """Write the picture, PNG or SVG as the name's end says."""
    from matplotlib.figure import Figure

    goals = [(part.title.partition(":")[0], row) for part in found for row in part.rows if row.goal is not None]
    grown = [row for part in found for row in part.rows if part.title.startswith("growth")]
    figure = Figure(figsize=(12, 0.8 + 0.42 * max(10, len(goals))), layout="constrained")
    if not grown:
        _goals(figure.subplots(), goals)
    else:
        whole = figure.subplot_mosaic([["goals", "time"], ["goals", "memory"]], width_ratios=[1.25, 1])
        _goals(whole["goals"], goals)
        _growth(whole["time"], whole["memory"], grown)
    figure.savefig(path, dpi=150, facecolor="white")


def reach(row: Row) -> float:
    """How much of what the goal allows is used: 1 at the goal, less is better."""
    assert row.goal is not None
    assert row.figure is not None
    return row.goal.limit / row.figure if row.goal.at_least else row.figure / row.goal.limit


def _goals(axes: Any, goals: Sequence[tuple[str, Row]]) -> None:
    for place, (_, row) in enumerate(goals):
        used = min(max(reach(row), 0.0), LONGEST)
        axes.barh(place, used, color=BLUE if row.met else ORANGE, height=0.55)
        axes.text(max(used, 1.0) + 0.04, place, f"{compared(row)}  ({goal(row)})", va="center", fontsize=9)
    axes.axvline(1.0, color=GREY, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(goals)), [f"{part}: {row.name.strip()}" for part, row in goals], fontsize=9)
    axes.set_ylim(len(goals) - 0.4, -0.6)
    axes.set_xlim(0, LONGEST + 0.9)
    axes.set_xticks([0, 1, 2, 3], ["0", "goal", "twice", "three times"])
    axes.set_title("What each takes of what its goal allows: blue is met, orange is missed", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _growth(time: Any, memory: Any, rows: Sequence[Row]) -> None:
    """`time` and `memory` are axes one above the other."""
    counts = [int(row.name.split()[0].replace(",", "")) for row in rows]
    taken = [statistics.median(row.ours) * count / 1e6 for row, count in zip(rows, counts, strict=True)]
    clock = [row.notes["s by the clock"] for row in rows]
    each = taken[-1] / counts[-1]
    time.plot(counts, [each * count for count in counts], color=GREY, linewidth=1, label="a straight line")
    time.plot(counts, taken, "o", color=BLUE, label="CPU of the service")
    time.plot(counts, clock, "s", color=ORANGE, markersize=5, label="by the clock")
    time.set_yscale("log")
    time.yaxis.set_major_formatter("{x:,g}")
    time.set_ylabel("seconds")
    time.set_title("Records through the served API, as arrays", loc="left", fontsize=10)
    time.legend(frameon=False, fontsize=9)
    memory.plot(counts, [row.notes["MiB"] for row in rows], "o-", color=BLUE, label="all processes of the service")
    memory.set_ylim(0, 1.2 * max(row.notes["MiB"] for row in rows))
    memory.set_ylabel("MiB")
    memory.set_xlabel("records")
    memory.legend(frameon=False, fontsize=9, loc="lower right")
    for axes in (time, memory):
        axes.set_xscale("log")
        axes.grid(alpha=0.3)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.spines[["top", "right"]].set_visible(False)
