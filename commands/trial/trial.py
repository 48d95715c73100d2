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
    memory, refused = None, []
    try:
        rest = next(answers)
        memory, refused = rest["memory"], [RefusedValue(**value) for value in rest["refused_values"]]
    except ModelRefused as error:
        if found["problem"] is None:
            refused = _deadly(environment, argument) or [RefusedValue(column="", value=None, message=str(error))]
    columns = [Column.from_dict(column) for column in found["columns"]]
    return Tried(**{**found, "columns": columns}, refused_values=refused, memory=memory)


def _deadly(environment: Environment, argument: Mapping[str, Any]) -> list[RefusedValue]:
    """The value that ends the model's process, by itself."""
    tried = []
    try:
        for value in run(environment, CHILD, "one_by_one", argument, seconds=SECONDS):
            tried.append(value)
    except ModelRefused as error:
        return [RefusedValue(**tried[-1], message=str(error))] if tried else []
    return []
