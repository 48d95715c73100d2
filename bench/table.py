"""The rows of all parts as one table of 80 columns."""

import statistics
from collections.abc import Sequence

from bench.row import Found, Row

WIDTH = 80
HEAD = f"{'':30}{'ours':>11}{'beside':>11}{'ratio':>8}{'spread':>8}{'goal':>8}"


def table(found: Sequence[Found]) -> str:
    """A block for each part, under its title."""
    lines = [HEAD]
    for part in found:
        lines += ["", part.title, *(line for row in part.rows for line in _lines(row))]
    return "\n".join(line.rstrip() for line in lines)


def missed(found: Sequence[Found]) -> list[str]:
    """A sentence for each goal that is missed."""
    return [
        f"{part.title.partition(':')[0]}, {row.name.strip()}: {_figure(row)}, and the goal is {goal(row)}."
        for part in found
        for row in part.rows
        if row.met is False
    ]


def goal(row: Row) -> str:
    """What a row's figure should be; empty without a goal."""
    if row.goal is None:
        return ""
    return f"{'≥' if row.goal.at_least else '≤'} {_short(row.goal.limit)}{f' {row.unit}' if row.difference else ''}"


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    return (
        f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) < 0.1 else f"{value:.{_places(value)}f}"
    )


def _places(value: float) -> int:
    return 1 if abs(value) >= 10 else 2


def _short(value: float) -> str:
    return f"{value:.3g}" if value >= 10 else f"{value:.2f}"


def _figure(row: Row) -> str:
    if row.figure is None:
        return ""
    return f"{row.figure:+.2f} {row.unit}" if row.difference else number(row.figure)


def _lines(row: Row) -> list[str]:
    ours = f"{number(statistics.median(row.ours))} {row.unit}"
    beside = number(statistics.median(row.beside)) if row.beside else ""
    compared = f"{row.figure:+.2f}" if row.difference and row.figure is not None else _figure(row)
    said = {True: "", False: "  MISSED", None: ""}[row.met]
    name = row.name if len(row.name) <= 28 else f"{row.name[:27]}…"
    line = f"  {name:28}{ours:>11}{beside:>11}{compared:>8}{row.spread:>8.0%}{goal(row):>8}"
    notes = " · ".join(f"{number(value)} {what}" for what, value in row.notes.items())
    return [line, *([f"    {said}"] if said else []), *([f"    {notes}"] if notes else [])]
