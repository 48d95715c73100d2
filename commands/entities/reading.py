"""Reads a file of entities under a feature view: all of it is valid, or it is refused with the lines that are not."""

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from commands.entities.columns import Columns
from commands.entities.lines import FileRefused, Line, read_lines
from commands.entities.staged import Entry, Staged
from serving.views import FeatureView

CHUNK = 1_000
"""Lines that are validated at once."""
SHOWN, LONGEST = 5, 60
"""Bad lines that are listed, and characters of a value."""


def read_entities(
    path: Path,
    view: FeatureView,
    *,
    note: Callable[[str], None],
    advance: Callable[[int, int], None] = lambda lines, position: None,
) -> Staged:
    """The entities of a file with their features; equal lines are one.

    `advance` is told of lines that were read, and of how many bytes of the file. `note` is told what is left out.
    Raises FileRefused.
    """
    position = 0

    def at(place: int) -> None:
        nonlocal position
        position = place

    with closing(read_lines(path, at)) as lines:
        _, header = next(lines, (1, []))
        columns = Columns.of(header, view, str(path))
        if columns.ignored:
            note(f"Left out, as {view.name} lacks them: {', '.join(columns.ignored)}")
        if columns.absent:
            note(f"Not in the file, so their defaults are taken: {', '.join(columns.absent)}")
        staged = Staged()
        try:
            reader = _Reader(path, view, columns, staged)
            while chunk := list(islice(lines, CHUNK)):
                reader.read(chunk)
                advance(len(chunk), position)
            reader.conclude()
        except BaseException:
            staged.close()
            raise
        return staged


class _Reader:
    def __init__(self, path: Path, view: FeatureView, columns: Columns, staged: Staged) -> None:
        self._path = path
        self._view = view
        self._columns = columns
        self._many: TypeAdapter[list[BaseModel]] = TypeAdapter(list[view.row])  # type: ignore[name-defined]
        self._staged = staged
        self._bad: list[tuple[int, str]] = []
        self._bad_lines = 0

    def read(self, lines: Sequence[Line]) -> None:
        """Keep what is valid, count what is not."""
        entries: list[Entry] = []
        problems: list[tuple[int, str]] = []
        for (number, _), row in zip(lines, self._rows(lines), strict=True):
            found = self._entry(number, row) if isinstance(row, BaseModel) else row
            if isinstance(found, Entry):
                entries.append(found)
            else:
                problems.append((number, found))
        again = self._staged.add(entries)
        entity = ", ".join(self._view.entities)
        problems += [
            (line, f"the {entity} of line {first:,} again, with other features") for line, first in again.items()
        ]
        self._bad += sorted(problems)[: SHOWN - len(self._bad)]
        self._bad_lines += len(problems)

    def conclude(self) -> None:
        """Raises FileRefused when a line is bad, or there is none."""
        if self._bad_lines:
            listed = "".join(f"\n  line {number:,}: {problem}" for number, problem in self._bad)
            if self._bad_lines > len(self._bad):
                listed += f"\n  … and {self._bad_lines - len(self._bad):,} more"
            lines = "a line of it is" if self._bad_lines == 1 else f"{self._bad_lines:,} of its lines are"
            raise FileRefused(f"Nothing of {self._path} is loaded, as {lines} wrong:{listed}")
        if not len(self._staged):
            raise FileRefused(f"{self._path} has no lines below its header: there is nothing to load.")

    def _rows(self, lines: Sequence[Line]) -> list[BaseModel] | list[BaseModel | str]:
        """Each line under the view, or what is wrong with it."""
        if all(len(cells) == self._columns.width for _, cells in lines):
            with suppress(Exception):  # the user's validators may raise anything; whose line it is, is found below
                return self._many.validate_json(to_json([self._columns.record(cells) for _, cells in lines]))
        return [self._row(cells) for _, cells in lines]

    def _row(self, cells: Sequence[str]) -> BaseModel | str:
        if len(cells) != self._columns.width:
            return f"it has {len(cells)} cells and there are {self._columns.width} columns"
        try:
            (row,) = self._many.validate_json(to_json([self._columns.record(cells)]))
        except ValidationError as error:
            return "; ".join(
                self._said(entry, cells) for entry in error.errors(include_url=False, include_context=False)
            )
        except Exception as error:  # noqa: BLE001  # the user's validators may raise anything
            return f"{type(error).__name__}: {error}"
        return row

    def _said(self, entry: Any, cells: Sequence[str]) -> str:
        """Column, value and what is wrong with it."""
        _, *loc = entry["loc"]
        if not loc or loc[0] not in self._columns.places:
            return str(entry["msg"])
        cell = cells[self._columns.places[loc[0]]]
        shown = cell if len(cell) <= LONGEST else f"{cell[: LONGEST - 1]}…"
        return f"{'.'.join(map(str, loc))} is {shown!r}: {entry['msg']}"

    def _entry(self, line: int, row: BaseModel) -> Entry | str:
        try:
            key, features = self._view.entry(row)
        except Exception as error:  # noqa: BLE001  # a null entity, or what the user's serialisers raise
            return str(error)
        return Entry(line=line, key=key, features=features)
