"""Looks up the features of the entities that records name: one read for a whole batch; what is missing is named."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from serving.layout import Columns, Rows
from serving.message import Message
from serving.ports import EntityKey, FeatureStore
from serving.prediction import Code
from serving.project import Project
from serving.views import FeatureView
from worker.frame import Record
from worker.outcome import RowError
from worker.question import Group, Question, Row

SHOWN = 60
"""Characters of a value that an error repeats: clients choose them."""
Found = Mapping[EntityKey, Mapping[str, object] | None]
Problems = Mapping[str, str]
"""Column -> what is wrong with it."""


class Lookup:
    """Features that a record brings along win over the store's; an entity whose every feature is sent is not read."""

    def __init__(self, project: Project, features: FeatureStore) -> None:
        self._by_name = project.views
        self._views = list(project.views.values())
        self._features = features

    def questions(self, messages: Sequence[Message], rows: Sequence[Rows]) -> list[Question]:
        """A question for each message and its rows, in order. Raises StoreUnavailable."""
        return [
            Question(prediction_id=message.prediction_id, rows=group, many=message.many, alone=message.alone)
            for message, group in zip(messages, self.groups(rows), strict=True)
        ]

    def groups(self, rows: Sequence[Rows]) -> Sequence[Group]:
        """The rows of each message, with their features or why they have none. Raises StoreUnavailable."""
        if not self._views:
            return rows
        return self.joined([own.records() if isinstance(own, Columns) else own for own in rows])

    def joined(self, groups: Sequence[Sequence[Record]]) -> Sequence[Sequence[Row]]:
        """The same groups, each record with its features or why it has none. Raises StoreUnavailable."""
        if not self._views:
            return groups
        needs = [[_needs(self._views, record) for record in group] for group in groups]
        flat = [wanted for group in needs for need in group for wanted in need]
        keys = list(dict.fromkeys((view.name, key) for view, key in flat if key is not None))
        found = dict(zip(keys, self._features.read(keys), strict=True)) if keys else {}
        wrong = {key: self._by_name[key[0]].wrong(stored) for key, stored in found.items() if stored is not None}
        return [
            [_row(record, need, found, wrong) for record, need in zip(group, wanted, strict=True)]
            for group, wanted in zip(groups, needs, strict=True)
        ]


def _needs(views: Sequence[FeatureView], record: Record) -> list[tuple[FeatureView, str | None]]:
    """The views that a record lacks a feature of, with its entity's key in each."""
    return [(view, view.key(record)) for view in views if any(record.get(column) is None for column in view.columns)]


def _row(
    record: Record, needs: Sequence[tuple[FeatureView, str | None]], found: Found, wrong: Mapping[EntityKey, Problems]
) -> Row:
    values = dict(record)
    problems = []
    for view, key in needs:
        stored = found.get((view.name, key)) if key is not None else None
        known = {**view.defaults, **(stored or {})}
        lacking = [column for column in view.columns if record.get(column) is None]
        bad = wrong.get((view.name, key), {}) if key is not None else {}
        said = [f"{column}: {bad[column]}" for column in lacking if column in bad]
        if said or not known.keys() >= {*lacking}:
            problems.append(_problem(view, record, said))
        values |= {column: known.get(column) for column in lacking}
    if problems:
        return RowError(Code.FEATURES_MISSING, f"There are no features for {'; nor for '.join(problems)}.")
    return values


def _problem(view: FeatureView, record: Record, stored: Sequence[str]) -> str:
    """Which entity of which view; and what is wrong where it was stored under an older class."""
    entity = " and ".join(f"{column} {_shown(record.get(column))}" for column in view.entities)
    why = f" that its class takes today ({', '.join(stored)}; load them again)" if stored else ""
    return f"{entity} in the view {view.name}{why}"


def _shown(value: Any) -> str:
    text = to_json(value).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
