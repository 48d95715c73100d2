"""Tries a model before it is stored: what the child found out about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commands.environments.environment import Environment
from commands.fitted.column import Column
from commands.pickles.inspection import Inspection, check_safe
from commands.trial.process import run
from serving.errors import ModelRefused
from serving.settings import Settings

SECONDS = 300.0
"""For loading and all predicts."""
CHILD = "commands.trial.trying"


@dataclass(frozen=True, kw_only=True)
class RefusedValue:
    """What the schema accepts and the model does not."""

    column: str
    value: Any
    message: str


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A model that has been loaded under its own libraries, for its project."""

    feature_names: Sequence[str] | None
    classes: Any
    columns: Sequence[Column]
    modules: Sequence[str]  # of the project, that were imported for it
    answer: Any  # to the example; None when the model could not take one that was made from the schema
    problem: str | None  # why it could not
    refused_values: Sequence[RefusedValue]
    memory: int | None  # MiB that the process held at most

    @classmethod
    def of(cls, *answers: Mapping[str, Any]) -> "Tried":
        """From the child's answers, as JSON has them."""
        found = {name: value for answer in answers for name, value in answer.items()}
        columns = [Column.from_dict(column) for column in found["columns"]]
        refused = [RefusedValue(**value) for value in found["refused_values"]]
        return cls(**{**found, "columns": columns, "refused_values": refused})


def try_model(settings: Settings, inspection: Inspection, environment: Environment) -> Tried:
    """Load and predict in a process of its own. Raises ModelRefused, also when that process dies of the example.

    When it dies of another value, that one is the last of the refused ones.
    """
    check_safe(inspection)
    plain = settings.model_dump(mode="json", include=set(Settings.model_fields))
    argument = {
        "settings": plain,
        "model": str(inspection.path),
        "sha256": inspection.sha256,
        "names": inspection.pairs,
    }
    answers = run(environment, CHILD, "check", argument, seconds=SECONDS)
    found = next(answers)
    try:
        return Tried.of(found, next(answers))
    except ModelRefused as error:
        refused = _deadly(environment, argument, str(error)) if found["problem"] is None else []
        return Tried.of(found, {"refused_values": refused, "memory": None})


def _deadly(environment: Environment, argument: Mapping[str, Any], death: str) -> list[Mapping[str, Any]]:
    """The value that ends the model's process by itself, and how; without a column when none of them does."""
    tried: Mapping[str, Any] = {"column": "", "value": None}
    try:
        for tried in run(environment, CHILD, "one_by_one", argument, seconds=SECONDS):  # noqa: B007  # the last one
            pass
    except ModelRefused as error:
        return [{**tried, "message": str(error)}]
    return [{"column": "", "value": None, "message": death}]
