"""What a model's answer holds: one output or several, each a label or a number, and whether two models match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from commands.comparing.differences import NotComparable
from commands.comparing.labels import Chances, label_key


class Kind(StrEnum):
    """What an output is."""

    NUMBERS = "numbers"
    LABELS = "labels"
    CLUSTERS = "clusters"


_KINDS = {
    "regressor": Kind.NUMBERS,
    "classifier": Kind.LABELS,
    "outlier_detector": Kind.LABELS,
    "clusterer": Kind.CLUSTERS,
    "density_estimator": Kind.CLUSTERS,
}


@dataclass(frozen=True, slots=True)
class Value:
    """One output of one row."""

    value: Any
    chances: Chances | None


def outputs_of(answer: Mapping[str, Any], *, several: bool) -> Sequence[Value]:
    """The outputs of a row's answer; with probabilities where each output has its own."""
    prediction, chances = answer["prediction"], answer.get("probabilities")
    if not several:
        return (Value(prediction, chances if isinstance(chances, Mapping) else None),)
    own = chances if isinstance(chances, list) and len(chances) == len(prediction) else [None] * len(prediction)
    return [Value(value, chance) for value, chance in zip(prediction, own, strict=True)]


def pair_up(
    tags: tuple[str, str], estimators: tuple[str | None, str | None], answers: tuple[Mapping[str, Any], ...]
) -> tuple[bool, list[Kind]]:
    """Whether there are several outputs, and the kind of each, from the first row that both models answer.

    Raises NotComparable with what each model gives.
    """
    several = [isinstance(answer["prediction"], list) for answer in answers]
    if several[0] != several[1]:
        listed = [
            f"{len(a['prediction'])} outputs" if many else "one" for a, many in zip(answers, several, strict=True)
        ]
        raise _apart(tags, listed, answers)
    before, after = (outputs_of(answer, several=several[0]) for answer in answers)
    if len(before) != len(after):
        raise _apart(tags, [f"{len(outputs)} outputs" for outputs in (before, after)], answers)
    return several[0], [
        _kind(tags, estimators, (one, other), answers) for one, other in zip(before, after, strict=True)
    ]


def _kind(
    tags: tuple[str, str],
    estimators: tuple[str | None, str | None],
    outputs: tuple[Value, Value],
    answers: tuple[Mapping[str, Any], ...],
) -> Kind:
    kinds = [_known(estimator, output) for estimator, output in zip(estimators, outputs, strict=True)]
    found = [kind or kinds[1 - place] or _likely(outputs[place]) for place, kind in enumerate(kinds)]
    types = [_type(output.value) for output in outputs]
    numbers = [kind is Kind.NUMBERS for kind in found]
    if numbers[0] != numbers[1] or (not numbers[0] and None not in types and types[0] != types[1]):
        raise _apart(tags, [_said(kind, type_) for kind, type_ in zip(found, types, strict=True)], answers)
    return found[0] if found[0] == found[1] else Kind.LABELS


def _known(estimator: str | None, output: Value) -> Kind | None:
    """What scikit-learn says it is, or a value that can't be measured."""
    if _type(output.value) not in {None, "numbers"}:
        return Kind.LABELS
    return _KINDS.get(estimator or "")


def _likely(output: Value) -> Kind:
    """For an estimator that does not say what it is."""
    return Kind.NUMBERS if isinstance(output.value, float) and output.chances is None else Kind.LABELS


def _type(value: Any) -> str | None:
    """How JSON writes it; None for null, which says nothing."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true or false"
    return "numbers" if isinstance(value, int | float) else "text" if isinstance(value, str) else "lists"


def _said(kind: Kind, type_: str | None) -> str:
    return "numbers" if kind is Kind.NUMBERS else f"labels that are {type_}"


def _apart(tags: tuple[str, str], gives: Sequence[str], answers: Sequence[Mapping[str, Any]]) -> NotComparable:
    both = " and ".join(
        f"{tag} gives {what} (such as {label_key(answer['prediction'])})"
        for tag, what, answer in zip(tags, gives, answers, strict=True)
    )
    return NotComparable(f"These models can't be compared: {both}.")
