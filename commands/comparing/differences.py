"""What is found of two models: a frozen record for each output, ready for a table, JSON or a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from commands.comparing.missed import Missed
from serving.errors import ServingError

TOP = 10
"""Rows that are shown of each output."""


class NotComparable(ServingError):
    """One model gives labels and the other numbers, or outputs of another number or type."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row that the models answer differently."""

    row: int  # in the input, from 1
    before: Any
    after: Any
    sure_before: float | None = None  # the probability that each model gives its own prediction
    sure_after: float | None = None
    difference: float | None = None  # of numbers: after - before; else the largest change of a class's probability
    record: Mapping[str, Any] = field(default_factory=dict)  # the first columns of the input

    def document(self) -> dict[str, Any]:
        """As JSON."""
        both = {"from": self.before, "to": self.after, "difference": self.difference}
        sure = {} if self.sure_before is None else {"probabilities": [self.sure_before, self.sure_after]}
        return {"row": self.row, **both, **sure, "record": dict(self.record)}


@dataclass(frozen=True, kw_only=True)
class LabelsCompared:
    """One output that is a class, a cluster or any other label."""

    compared: int
    equal: int
    labels: Sequence[str]
    counts: Sequence[Sequence[int]]  # rows: the label that the first model gives; columns: the second one's
    joined: int  # labels that the last row and column stand for together
    probabilities: tuple[float, float] | None  # mean and largest absolute change, over all rows and classes
    adjusted_rand: float | None  # of clusters, whose numbers are names without a meaning
    largest: Sequence[Difference]
    kind: Literal["labels"] = "labels"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        changes = self.probabilities
        return {
            "kind": self.kind,
            "agreement": self.equal / self.compared,
            "equal": self.equal,
            "confusion": {"labels": list(self.labels), "counts": self.counts, "joined": self.joined},
            "probabilities": changes and {"mean_absolute": changes[0], "largest": changes[1]},
            "adjusted_rand": self.adjusted_rand,
            "largest": [row.document() for row in self.largest],
        }


@dataclass(frozen=True, kw_only=True)
class NumbersCompared:
    """One output that is a number; figures are of the rows where both models give one."""

    compared: int
    equal: int
    nulls: int  # rows where a model gives no number
    mean_absolute: float | None
    root_mean_square: float | None
    largest_absolute: float | None
    correlation: float | None  # None where a model always gives the same number
    mean_before: float | None
    mean_after: float | None
    before: Sequence[float]  # NaN where there is no number
    after: Sequence[float]
    largest: Sequence[Difference]
    kind: Literal["numbers"] = "numbers"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.kind,
            "agreement": self.equal / self.compared,
            "equal": self.equal,
            "nulls": self.nulls,
            "mean_absolute_difference": self.mean_absolute,
            "root_mean_square_difference": self.root_mean_square,
            "largest_difference": self.largest_absolute,
            "correlation": self.correlation,
            "mean": {"from": self.mean_before, "to": self.mean_after},
            "largest": [row.document() for row in self.largest],
        }


Compared = LabelsCompared | NumbersCompared


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that a replay has found."""

    file: str
    tags: tuple[str, str]
    read: int
    refused: Missed
    left_out: Sequence[str]  # columns of the file that the schema lacks
    failed: tuple[Missed, Missed]  # rows that each model can't take
    compared: int
    equal: int  # in every output
    only_one: int  # rows that one model answers and the other can't take
    outputs: Sequence[Compared]

    @property
    def agreement(self) -> float:
        """The share of equal rows among those that either model answers."""
        return self.equal / (self.compared + self.only_one)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        before, after = ({"tag": t, "failed": f.document()} for t, f in zip(self.tags, self.failed, strict=True))
        return {
            "file": self.file,
            "from": before,
            "to": after,
            "rows": self.read,
            "left_out": list(self.left_out),
            "refused": self.refused.document(),
            "compared": self.compared,
            "agreement": self.agreement,
            "equal": self.equal,
            "only_one_answers": self.only_one,
            "outputs": [output.document() for output in self.outputs],
        }
