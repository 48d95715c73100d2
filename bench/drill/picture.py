"""A drill as a picture: what was accepted and what was finished over time, and when something was broken."""

from collections.abc import Sequence
from pathlib import Path

Points = Sequence[tuple[float, int]]
"""Seconds since the start, and how many by then."""


def draw(path: Path, *, accepted: Points, finished: Points, faults: Sequence[tuple[float, str]], title: str) -> None:
    """Write the picture, PNG or SVG as the name's end says; each kind of fault has a lane of its own below."""
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(name for _, name in faults)) or ["nothing was broken"]
    figure = Figure(figsize=(10, 4.5 + 0.22 * len(kinds)), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 0.4 + 0.25 * len(kinds)])
    for points, label, colour, width in (
        (accepted, "accepted", "#E69F00", 3.0),
        (finished, "finished", "#0072B2", 1.4),
    ):
        above.plot([at for at, _ in points], [count for _, count in points], label=label, color=colour, linewidth=width)
    above.set_title(title, loc="left")
    above.set_ylabel("predictions")
    above.yaxis.set_major_formatter("{x:,.0f}")
    above.legend(loc="upper left", frameon=False)
    above.grid(alpha=0.3)
    for lane, kind in enumerate(kinds):
        below.plot([at for at, name in faults if name == kind], [lane] * sum(name == kind for _, name in faults), "|")
    below.set_yticks(range(len(kinds)), kinds)
    below.set_ylim(len(kinds) - 0.5, -0.5)
    below.set_xlabel("seconds")
    below.grid(axis="x", alpha=0.3)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150, facecolor="white")
