"""The rows of a batch as columns, for one predict: joined from many messages, whatever the layout of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, groupby
from typing import Any

from serving.layout import Columns
from serving.prediction import Code
from worker.outcome import RowError
from worker.question import Group, Row


@dataclass(frozen=True, slots=True)
class Table:
    """`count` rows; those in `errors`, by place, can't be given to the model and hold null in each column."""

    columns: Mapping[str, list[Any]]
    count: int
    errors: Mapping[int, RowError] = field(default_factory=dict)

    @classmethod
    def of(cls, groups: Sequence[Group], names: Sequence[str]) -> "Table":
        """The rows of all groups, in order; of each the columns of these names."""

        def by_column(group: Group) -> bool:
            return isinstance(group, Columns) and group.values.keys() >= set(names)

        parts: list[Table] = []
        for whole, run in groupby(groups, by_column):
            if whole:
                parts += [cls({name: own.values[name] for name in names}, len(own)) for own in run]  # type: ignore[union-attr]
            else:
                parts.append(cls._of_rows([row for group in run for row in _rows(group)], names))
        return parts[0] if len(parts) == 1 else cls._joined(parts, names)

    @classmethod
    def _of_rows(cls, rows: Sequence[Row], names: Sequence[str]) -> "Table":
        try:
            return cls({name: [row[name] for row in rows] for name in names}, len(rows))  # type: ignore[index]
        except (KeyError, TypeError):  # not all of them are records with every column
            errors = {place: error for place, row in enumerate(rows) if (error := _error(row, names)) is not None}
        given = [None if place in errors else row for place, row in enumerate(rows)]
        columns = {name: [None if row is None else row[name] for row in given] for name in names}  # type: ignore[index]
        return cls(columns, len(rows), errors)

    @classmethod
    def _joined(cls, parts: Sequence["Table"], names: Sequence[str]) -> "Table":
        starts = list(accumulate((part.count for part in parts), initial=0))
        return cls(
            {name: list(chain.from_iterable(part.columns[name] for part in parts)) for name in names},
            starts[-1],
            {
                start + at: error
                for start, part in zip(starts, parts, strict=False)
                for at, error in part.errors.items()
            },
        )

    def part(self, start: int, end: int) -> "Table":
        """The rows from a place to another."""
        if start == 0 and end >= self.count:
            return self
        return Table(
            {name: values[start:end] for name, values in self.columns.items()},
            min(end, self.count) - start,
            {place - start: error for place, error in self.errors.items() if start <= place < end},
        )

    def given(self) -> "Table":
        """The rows that can be given to the model."""
        if not self.errors:
            return self
        kept = [place for place in range(self.count) if place not in self.errors]
        return Table({name: [values[p] for p in kept] for name, values in self.columns.items()}, len(kept))


def _rows(group: Group) -> Sequence[Row]:
    return group.records() if isinstance(group, Columns) else group


def _error(row: Row, names: Sequence[str]) -> RowError | None:
    """Why a row can't be given to the model."""
    if isinstance(row, RowError):
        return row
    lacking = next((name for name in names if name not in row), None)
    return (
        None
        if lacking is None
        else RowError(Code.ROW_REJECTED, f"KeyError: {lacking!r}", f"a record without {lacking}")
    )
