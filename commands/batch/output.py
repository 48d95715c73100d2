"""Results as text: CSV whose header is known from the first success on, or JSON Lines."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from commands.batch.records import Record
from commands.batch.slices import csv_line

Answer = Mapping[str, Any]
"""A row's result as the API gives it: `prediction` and `probabilities`, or `error` with `code` and `message`."""
OURS = frozenset({"prediction", "probabilities", "error"})


class Format(Protocol):
    """`add` returns the text that can be written now; `rest` what is left when all rows are there."""

    def add(self, records: Sequence[Record], answers: Sequence[Answer]) -> str: ...
    def rest(self) -> str: ...
    @property
    def holds(self) -> bool:
        """Whether rows wait for a header."""
        ...

    @property
    def header(self) -> tuple[str, ...] | None: ...
    @property
    def left_out(self) -> tuple[str, ...]: ...


class JsonLines:
    """One object for each row: the input's record, then the result, whose names win."""

    holds = False
    header: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()

    def add(self, records: Sequence[Record], answers: Sequence[Answer]) -> str:
        return "".join(_json_line(record, answer) for record, answer in zip(records, answers, strict=True))

    def rest(self) -> str:
        return ""


class Csv:
    """The input's columns, the result's, and `error` last. Rows are held until one succeeds and shows the classes.

    `header` is what an earlier run has written. Columns that come later, from a model with other classes, are left out
    and remembered: a header can't be changed once it is written.
    """

    def __init__(
        self, columns: Sequence[str], header: tuple[str, ...] | None = None, left_out: Sequence[str] = ()
    ) -> None:
        self._columns = columns
        self.header = header
        self._left_out = dict.fromkeys(left_out)
        self._held: list[tuple[Record, Answer]] = []

    @property
    def holds(self) -> bool:
        return bool(self._held)

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(self._left_out)

    def add(self, records: Sequence[Record], answers: Sequence[Answer]) -> str:
        self._held += zip(records, answers, strict=True)
        if self.header is not None:
            return self._flush()
        success = next((answer for answer in answers if "error" not in answer), None)
        return "" if success is None else self._begin([*flat(success), "error"]) + self._flush()

    def rest(self) -> str:
        return "" if self.header is not None else self._begin(["prediction", "error"]) + self._flush()

    def _begin(self, ours: Sequence[str]) -> str:
        self.header = tuple(ours)
        return csv_line([*self._kept(), *ours])

    def _kept(self) -> list[str]:
        return [column for column in self._columns if column not in (self.header or ())]

    def _flush(self) -> str:
        held, self._held = self._held, []
        return "".join(self._lines(held, self._kept(), self.header or ()))

    def _lines(self, rows: Sequence[tuple[Record, Answer]], kept: Sequence[str], ours: Sequence[str]) -> Iterator[str]:
        for record, answer in rows:
            values = flat(answer)
            if values.keys() - set(ours):
                self._left_out |= dict.fromkeys(name for name in values if name not in ours)
            yield csv_line([*(_cell(record.get(name)) for name in kept), *(_cell(values.get(name)) for name in ours)])


def flat(answer: Answer) -> dict[str, Any]:
    """An answer as the columns of a CSV."""
    if "error" in answer:
        return {"error": f"{answer['error']['code']}: {answer['error']['message']}"}
    value, chances = answer["prediction"], answer.get("probabilities", {})
    several = isinstance(value, list)
    columns = {f"prediction_{place}": part for place, part in enumerate(value)} if several else {"prediction": value}
    for place, output in enumerate(chances if isinstance(chances, list) else [chances]):
        prefix = f"probability_{place}" if isinstance(chances, list) else "probability"
        columns |= {f"{prefix}:{label}": chance for label, chance in output.items()}
    return columns


def _json_line(record: Record, answer: Answer) -> str:
    line = {name: value for name, value in record.items() if name not in OURS} | dict(answer)
    try:
        return json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError:  # Python's parser takes NaN, which JSON does not have
        return json.dumps(_finite(line), ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
