"""Runs two models over the same records at the same time, each in its own process, and gathers what they answer."""

from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.comparing.differences import Comparison, NotComparable
from commands.comparing.labels import Labels
from commands.comparing.missed import Missed
from commands.comparing.numbers import Numbers
from commands.comparing.outputs import Kind, outputs_of, pair_up
from commands.comparing.records import CHUNK, Records
from commands.environments.environment import Environment
from commands.trial.process import run
from serving.errors import ModelRefused
from serving.settings import Settings

Answer = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two models: its verified file and the libraries that it runs under."""

    tag: str
    path: Path
    environment: Environment
    names: Sequence[tuple[str, str]] = ()  # module and name of what its pickle names


def compare(
    file: str, records: Records, sides: tuple[Side, Side], settings: Settings, *, advance: Callable[[int], None]
) -> Comparison:
    """Both models' answers to every record, compared. Raises ModelRefused that names the model, NotComparable."""
    before, after = (_answers(side, records, settings) for side in sides)
    with closing(before), closing(after):
        return gather(file, records, (sides[0].tag, sides[1].tag), side_by_side(before, after), advance=advance)


def gather(
    file: str,
    records: Records,
    tags: tuple[str, str],
    pairs: Iterator[tuple[Any, Any]],
    *,
    advance: Callable[[int], None],
) -> Comparison:
    """What both models yield, as `commands.comparing.answering` does, compared row by row. Raises NotComparable."""
    first, second = next(pairs)
    gathering = _Gathering(tags, (first["estimator"], second["estimator"]), records.unanswered)
    start = 0
    for chunk in pairs:
        rows = records.numbers[start : start + len(chunk[0])]
        for row, one, other in zip(rows, *chunk, strict=True):
            gathering.add(row, one, other)
        start += len(rows)
        advance(len(rows))
    return gathering.comparison(file, records)


def side_by_side(first: Iterator[Any], second: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Pairs of what two iterators give, each waited for in a thread: neither process stands still for the other."""
    with ThreadPoolExecutor(2) as pool:
        while True:
            one, other = pool.map(lambda answers: next(answers, None), (first, second))
            if one is None or other is None:
                return
            yield one, other


def _answers(side: Side, records: Records, settings: Settings) -> Generator[Any, None, None]:
    """What the child yields. Raises ModelRefused with the model's tag, and where a child was when it died."""
    argument = question(side.path, records.path, settings, side.names)
    chunks = -1  # the first answer tells what the model is
    try:
        for answer in run(side.environment, "commands.comparing.answering", "answers", argument):
            chunks += 1
            yield answer
    except ModelRefused as error:
        place = "" if chunks < 0 else f", rows {_span(records, chunks)}"
        raise ModelRefused(f"Model {side.tag}{place}: {error}") from error


def question(model: Path, records: Path, settings: Settings, names: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """What `commands.comparing.answering` is asked."""
    return {
        "project": str(settings.project_dir.resolve()),
        "model": str(model),
        "names": names,
        "records": str(records),
        "batch_rows": settings.batch_rows,
        "memory": settings.predict_memory,
        "seconds": settings.predict_timeout,
    }


def _span(records: Records, chunks: int) -> str:
    """First and last row of the chunk after so many, as the input counts them."""
    numbers = records.numbers[chunks * CHUNK : (chunks + 1) * CHUNK]
    return f"{numbers[0]:,} to {numbers[-1]:,}" if len(numbers) else "after the last one"


class _Gathering:
    """What is known of both models so far; how many outputs there are, the first row that both answer shows."""

    def __init__(self, tags: tuple[str, str], estimators: tuple[str | None, str | None], unanswered: Missed) -> None:
        self._tags = tags
        self._estimators = estimators
        self._outputs: list[Labels | Numbers] = []
        self._several = False
        self._rows = array("q")
        self._equal = 0
        self._only_one = 0
        self._failed = unanswered.copy(), unanswered.copy()

    def add(self, row: int, before: Answer, after: Answer) -> None:
        """One row more."""
        for answer, failed in zip((before, after), self._failed, strict=True):
            if "error" in answer:
                failed.add(row, answer["error"])
        if "error" in before or "error" in after:
            self._only_one += ("error" in before) != ("error" in after)
            return
        if not self._outputs:
            self._several, kinds = pair_up(self._tags, self._estimators, (before, after))
            self._outputs = [Numbers() if kind is Kind.NUMBERS else Labels(kind is Kind.CLUSTERS) for kind in kinds]
        self._rows.append(row)
        pairs = zip(outputs_of(before, several=self._several), outputs_of(after, several=self._several), strict=False)
        same = [
            output.add(one.value, other.value, one.chances, other.chances)
            for output, (one, other) in zip(self._outputs, pairs, strict=True)
        ]
        self._equal += all(same)

    def comparison(self, file: str, records: Records) -> Comparison:
        """All of it. Raises NotComparable when there is no row that both models answer."""
        if not self._outputs:
            said = "".join(
                f"\n  {tag}, row {row}: {message}"
                for tag, failed in zip(self._tags, self._failed, strict=True)
                for row, message in failed.examples[:1]
            )
            raise NotComparable(f"No row of {file} is answered by both models.{said}")
        return Comparison(
            file=file,
            tags=self._tags,
            read=records.read,
            refused=records.refused,
            left_out=records.left_out,
            failed=self._failed,
            compared=len(self._rows),
            equal=self._equal,
            only_one=self._only_one,
            outputs=[output.compared(self._rows) for output in self._outputs],
        )
