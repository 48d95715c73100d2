"""A comparison as tables for a terminal."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from commands.comparing.differences import Compared, Comparison, Difference, LabelsCompared, NumbersCompared
from commands.comparing.labels import label_name
from commands.comparing.missed import Missed

LONGEST = 28
"""Characters of a label or a cell that are shown."""
SHOWN_OF_SEVERAL = 3
"""Rows of each output, where there are several outputs."""
MOST_FREQUENT = 10
"""Changes that are listed where the whole table does not fit."""


def tables(comparison: Comparison, width: int) -> Iterator[RenderableType]:
    """Everything, from the summary to the rows that differ most; `width` is the terminal's."""
    yield _summary(comparison)
    several = len(comparison.outputs) > 1
    for place, output in enumerate(comparison.outputs, 1):
        name = f"output {place}: " if several else ""
        yield Text(f"\n{name}{_equal(output.equal, output.compared, [output])}") if several else Text()
        yield _figures(output)
        if isinstance(output, LabelsCompared):
            yield Text(f"\n{name}from {comparison.tags[0]} (rows) to {comparison.tags[1]} (columns)", style="bold")
            yield from _confusion(output, width)
        largest = output.largest[:SHOWN_OF_SEVERAL] if several else output.largest
        if largest:
            yield Text(f"\n{name}the rows that differ most", style="bold")
            yield _rows(largest, comparison.tags)


def _summary(comparison: Comparison) -> Table:
    table = _facts()
    table.add_row("rows", f"{comparison.read:,} of {comparison.file}")
    _add_missed(table, "refused by validation.py", comparison.refused)
    for tag, failed in zip(comparison.tags, comparison.failed, strict=True):
        _add_missed(table, f"not answered by {tag}", failed)
    table.add_row("compared", f"{comparison.compared:,}")
    note = f"; {comparison.only_one:,} that one model can't take count as different" if comparison.only_one else ""
    of = _equal(comparison.equal, comparison.compared + comparison.only_one, comparison.outputs)
    table.add_row("agreement", Text(f"{of}{note}", style="bold"))
    return table


def _add_missed(table: Table, name: str, missed: Missed) -> None:
    if not missed.count:
        return
    lines = [f"{missed.count:,}", *(f"row {row:,}: {message}" for row, message in missed.examples)]
    more = missed.count - len(missed.examples)
    table.add_row(name, Text("\n".join([*lines, *([f"… and {more:,} more"] if more else [])])))


def _figures(output: Compared) -> Table:
    table = _facts()
    if isinstance(output, NumbersCompared):
        table.add_row("mean absolute difference", number(output.mean_absolute))
        table.add_row("root mean square difference", number(output.root_mean_square))
        table.add_row("largest difference", number(output.largest_absolute))
        table.add_row("correlation", number(output.correlation))
        table.add_row("mean", f"{number(output.mean_before)} → {number(output.mean_after)}")
        if output.nulls:
            table.add_row("no number from a model", f"{output.nulls:,}")
        return table
    if output.probabilities:
        mean, largest = output.probabilities
        table.add_row("change of a probability", f"{number(mean)} on average, {number(largest)} at most")
    else:
        table.add_row("change of a probability", "not known: a model gives no probabilities")
    if output.adjusted_rand is not None:
        table.add_row("adjusted Rand index", f"{number(output.adjusted_rand)}, whatever the clusters are called")
    return table


def _confusion(output: LabelsCompared, width: int) -> Iterator[RenderableType]:
    """Counts; where it gets too wide, the columns have numbers, and then only the most frequent changes are listed."""
    names = [_short(name) for name in output.labels]
    cells = [[f"{count:,}" if count else "·" for count in row] for row in output.counts]
    widest = [max(len(row[place]) for row in cells) for place in range(len(names))]
    heads, rows = names, names
    if _wide(heads, rows, widest) > width:
        heads, rows = _numbers(len(names)), [f"{place} {name}" for place, name in enumerate(names, 1)]
    if _wide(heads, rows, widest) > width:
        yield Text("The whole table is too wide for here, see --json or --out; the most frequent changes:", style="dim")
        yield _changes(output, names)
        return
    table = Table(box=None)
    table.add_column(no_wrap=True)
    for head in heads:
        table.add_column(Text(head), justify="right", no_wrap=True)
    for place, (name, row) in enumerate(zip(rows, cells, strict=True)):
        table.add_row(Text(name), *(Text(cell, style="green" if at == place else "") for at, cell in enumerate(row)))
    yield table


def _wide(heads: Sequence[str], rows: Sequence[str], widest: Sequence[int]) -> int:
    """Of the table in characters, with two between columns."""
    columns = [max(cell_len(head), wide) for head, wide in zip(heads, widest, strict=True)]
    return max(map(cell_len, rows)) + sum(columns) + 2 * (len(heads) + 1)


def _numbers(count: int) -> list[str]:
    return [str(place) for place in range(1, count + 1)]


def _changes(output: LabelsCompared, names: Sequence[str]) -> Table:
    size = range(len(names))
    changes = [(output.counts[a][b], a, b) for a in size for b in size if a != b and output.counts[a][b]]
    changes.sort(key=lambda change: -change[0])
    table = Table(box=None)
    for head in ("rows", "from", "to"):
        table.add_column(head, justify="right" if head == "rows" else "left")
    for count, a, b in changes[:MOST_FREQUENT]:
        table.add_row(f"{count:,}", Text(names[a]), Text(names[b]))
    return table


def _rows(largest: Sequence[Difference], tags: tuple[str, str]) -> Table:
    of_numbers = largest[0].sure_before is None and largest[0].sure_after is None
    known = any(difference.difference is not None for difference in largest)
    columns = list(dict.fromkeys(name for difference in largest for name in difference.record))
    heads = ["row", *map(short_tag, tags), *(["difference" if of_numbers else "change"] if known else []), *columns]
    table = Table(box=None)
    numeric = isinstance(largest[0].before, int | float) and not isinstance(largest[0].before, bool)
    figures = {0, 3} if known else {0}
    for place, head in enumerate(heads):
        right = place in figures or (numeric and place < 3)
        table.add_column(Text(_short(head)), justify="right" if right else "left")
    for difference in largest:
        cells = [f"{difference.row:,}"]
        cells += [_answer(difference.before, difference.sure_before), _answer(difference.after, difference.sure_after)]
        cells += [number(difference.difference)] if known else []
        cells += [_short(_cell(difference.record.get(name))) for name in columns]
        table.add_row(*map(Text, cells))
    return table


def _answer(value: Any, sure: float | None) -> str:
    shown = number(value) if isinstance(value, float) else _short(label_name(value))
    return shown if sure is None else f"{shown} ({sure:.3f})"


def number(value: float | None) -> str:
    """Six digits that matter, with thousands separators."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1e6 and abs(value) < 1e15 else f"{value:,.6g}"


def _equal(equal: int, of: int, outputs: Sequence[Compared]) -> str:
    digits = " to nine digits" if all(isinstance(output, NumbersCompared) for output in outputs) else ""
    return f"{share(equal, of)} ({equal:,} of {of:,} rows are equal{digits})"


def share(part: int, of: int) -> str:
    """Four decimals; never 1 where something differs."""
    shown = f"{part / of:.4f}"
    return "0.9999…" if shown == "1.0000" and part < of else shown


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def short_tag(tag: str) -> str:
    """Without its middle: tags that are long differ at their ends."""
    return tag if len(tag) <= LONGEST else f"{tag[:13]}…{tag[-14:]}"


def _facts() -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(style="dim")
    return table
