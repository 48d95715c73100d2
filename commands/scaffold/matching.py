"""Which columns of the training data are those of the model, and which one is the target."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from commands.fitted.column import Column
from commands.fitted.values import native
from commands.scaffold.names import nameless
from commands.scaffold.reading import GAPS
from serving.errors import ProjectError

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Match:
    """`frame` has the model's columns in the model's order, under the names that the fields get."""

    frame: pd.DataFrame
    target: str | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Matching:
    """What is known of the model, and what the user said of the data."""

    columns: Sequence[Column]
    named: bool
    one_text: bool
    classes: Any
    target: str | None
    text: str | None
    file: str

    def match(self, frame: pd.DataFrame) -> Match:
        """Raises ProjectError that names what is missing."""
        for option, name in (("--target", self.target), ("--text", self.text)):
            if name is not None and name not in frame:
                raise ProjectError(f"{option} {name}: {self.file} has no such column. It has {listed(frame)}.")
        if self.named:
            return self._by_name(frame)
        match = self._text(frame) if self.one_text else self._by_place(frame)
        self._check_names(frame, list(match.frame))
        return match

    def _check_names(self, frame: pd.DataFrame, chosen: Sequence[str]) -> None:
        """pandas calls a column whose header is empty `Unnamed: 2`."""
        own = {name: "" if name == f"Unnamed: {place}" else name for place, name in enumerate(frame)}
        unnamed = nameless([own[name] if name in chosen else "not asked for" for name in frame])
        if unnamed is not None:
            raise ProjectError(f"{self.file} has {unnamed}: give it one that clients can send.")

    def _by_name(self, frame: pd.DataFrame) -> Match:
        names = [column.name for column in self.columns]
        missing = [name for name in names if name not in frame]
        if missing:
            lacking = f"the columns {listed(missing)}" if len(missing) > 1 else f"the column {missing[0]}"
            raise ProjectError(
                f"{self.file} lacks {lacking} of the model. It has {listed(frame)}: rename its columns to those that "
                "the Pipeline was fitted with."
            )
        rest = [name for name in frame if name not in names]
        return Match(frame=frame[names], target=self.target or self._target(frame, rest))

    def _text(self, frame: pd.DataFrame) -> Match:
        target = self.target or self._target(frame, list(frame))
        able = [name for name in frame if name != target and _textual(frame[name])]
        if self.text is not None:
            return Match(frame=frame[[self.text]], target=target)
        if not able:
            raise ProjectError(f"{self.file} has no column of texts, which the model takes. It has {listed(frame)}.")
        chosen = max(able, key=lambda name: frame[name].map(_length).sum())
        others = [name for name in able if name != chosen]
        said = [f"{chosen} is taken for the text, not {listed(others)}: --text names another."] if others else []
        return Match(frame=frame[[chosen]], target=target, notes=said)

    def _by_place(self, frame: pd.DataFrame) -> Match:
        width = len(self.columns) or None
        left = [name for name in frame if name != self.target]
        if width is None:
            target = self.target or self._target(frame, left) or left[-1]
            chosen = [name for name in left if name != target]
            said = [f"The model does not say what it was fitted with: all columns but {target} are taken (--target)."]
            return Match(frame=frame[chosen], target=target, notes=said)
        able = [name for name in left if not self._numbers or _numeric(frame[name])]
        for names in (left, able, [name for name in able if not name.startswith("Unnamed: ")]):
            if len(names) == width:
                return Match(frame=frame[names], target=self.target, notes=self._placed(names))
            if len(names) == width + 1 and self.target is None:
                target = self._target(frame, names) or names[-1]
                chosen = [name for name in names if name != target]
                taken = f"{target} is taken for the target: --target names another."
                return Match(frame=frame[chosen], target=target, notes=[taken, *self._placed(chosen)])
        raise ProjectError(
            f"The model was fitted on {width} columns without names, and {self.file} has {len(left)}: "
            f"{listed(left)}. Leave in those that it was fitted on, in their order."
        )

    @property
    def _numbers(self) -> bool:
        return all(column.kind in {"number", "unknown"} for column in self.columns)

    def _placed(self, names: Collection[str]) -> list[str]:
        text = "The model was fitted without column names: in the data's order they are taken to be"
        return [f"{text} {listed(names)}."]

    def _target(self, frame: pd.DataFrame, names: Sequence[str]) -> str | None:
        """The column that holds the model's classes; else the only one that is left over."""
        if isinstance(self.classes, list) and self.classes and not isinstance(self.classes[0], list):
            wanted = set(map(str, self.classes))
            for name in names:
                if set(map(str, map(native, frame[name].dropna().head(10_000)))) == wanted:
                    return name
        return names[0] if len(names) == 1 and self.named else None


def gaps_kept(column: Column, series: "pd.Series[Any]") -> Collection[str]:
    """Those of GAPS that stand for themselves in the column of a file: a category, or any in texts."""
    if column.kind == "text" and not column.gaps:
        return GAPS if series.hasnans else ()
    return GAPS.intersection(value for value in column.categories or () if isinstance(value, str))


def listed(names: Collection[Any]) -> str:
    """At most SHOWN of them."""
    shown = list(map(str, names))
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")


def _textual(series: "pd.Series[Any]") -> bool:
    values = series.dropna()
    return not values.empty and bool(values.map(lambda value: isinstance(value, str | list)).all())


def _numeric(series: "pd.Series[Any]") -> bool:
    return str(series.dtype.kind) in "biuf"


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list) else 0
