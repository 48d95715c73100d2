"""The rows of all parts as one table of 80 columns."""

import statistics
from collections.abc import Sequence

from bench.row import Found, Row

QUIET = 0.1
"""What part of the processors others may take."""
HEAD = f"{'':32}{'ours':>12}{'beside':>9}{'ratio':>7}{'spread':>8}{'goal':>11}"


def table(found: Sequence[Found]) -> str:
    """A block for each part, under its title."""
    lines = [HEAD]
    for part in found:
        lines += ["", part.title, *(line for row in part.rows for line in _lines(row))]
    return "\n".join(line.rstrip() for line in lines)


def missed(found: Sequence[Found]) -> list[str]:
    """A sentence for each goal that is missed."""
    return [
        f"{part.title.partition(':')[0]}, {row.name.strip()}: {compared(row)}, and the goal is {goal(row)}."
        for part in found
        for row in part.rows
        if row.met is False
    ]


def disturbed(found: Sequence[Found]) -> str:
    """A warning, when other work has taken much of the machine; else empty."""
    most = max(part.busy for part in found)
    if most < QUIET:
        return ""
    return f"Other work took up to {most:.0%} of the processors: what is told by the clock says little."


def goal(row: Row) -> str:
    """What a row's figure should be; empty without a goal."""
    if row.goal is None:
        return ""
    limit = f"{row.goal.limit:.2f}"
    return f"{'≥' if row.goal.at_least else '≤'} {f'+{limit} {row.unit}' if row.difference else limit}"


def compared(row: Row) -> str:
    """A row's ratio, or its difference with a sign; empty when there is nothing beside it."""
    if row.figure is None:
        return ""
    return f"{row.figure:+.2f}" if row.difference else f"{row.figure:.3g}" if row.figure >= 10 else f"{row.figure:.2f}"


def number(value: float) -> str:
    """Three digits, or all before the point, thousands apart."""
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{places}f}"


def _lines(row: Row) -> list[str]:
    """The row, and below it what else was seen."""
    ours = f"{number(statistics.median(row.ours))} {row.unit}"
    beside = number(statistics.median(row.beside)) if row.beside else ""
    held = {True: f"✓ {goal(row)}", False: f"✗ {goal(row)}", None: ""}[row.met]
    line = f"  {row.name:30}{ours:>12}{beside:>9}{compared(row):>7}{row.spread:>7.0%}  {held}"
    notes = " · ".join(f"{number(value)} {what}" for what, value in row.notes.items())
    return [line, *([f"      {notes}"] if notes else [])]
