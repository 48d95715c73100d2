"""In the child: reads model and data, writes the files' texts, and tries them on the model and the data's own rows."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from commands.fitted.column import Column
from commands.fitted.columns import columns, takes_one_text, words
from commands.fitted.loading import loaded
from commands.scaffold import texts
from commands.scaffold.deciding import MISSING, decide
from commands.scaffold.field import Field
from commands.scaffold.matching import Match, Matching, gaps_kept
from commands.scaffold.names import field_names, nameless
from commands.scaffold.reading import as_numbers, read_frame
from commands.scaffold.source import validation
from commands.scaffold.summary import Summary, summary_of
from commands.scaffold.trial import ROWS, Trial
from serving.errors import ModelRefused, ProjectError
from serving.settings import Settings
from worker.output import Output
from worker.predictor import Predictor, check_pipeline


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is known before anything is written; `summaries` is empty without data."""

    pipeline: Any
    columns: Sequence[Column]
    summaries: Sequence[Summary]
    match: Match | None


def write(argument: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """`files` by name, `marks` and `notes` for the user, `rows` of the data that were tried and `passed`.

    Raises ModelRefused, ProjectError.
    """
    notes: list[str] = []
    found = _found(argument, notes)
    folder = Path(argument["project"]).resolve()
    settings = Settings.model_validate(argument["settings"])
    with tempfile.TemporaryDirectory(prefix="scaffold-") as made:
        record = "a row of the data" if found.summaries else "a record that was made up"
        trial = Trial(found.pipeline, settings, Path(made).resolve(), record=record)
        fields, predictor = _tried(found, trial, notes)
        files = _texts(fields, folder, found.match)
        chosen = _rows(found.summaries, most=ROWS)
        rows, passed, problem = trial.rows(predictor, list(_records(fields, chosen)))
    if problem is not None:
        notes.append(problem)
    infinite = [c.name for c, s in zip(found.columns, found.summaries, strict=False) if s.infinite]
    if infinite:
        notes.append(f"JSON has no infinity: the rows with one in {', '.join(infinite)} are refused.")
    marks: dict[str, list[str]] = {}
    for field in fields:
        for mark in field.marks:
            marks.setdefault(mark, []).append(field.name)
    yield {"files": files, "marks": marks, "notes": notes, "rows": rows, "passed": passed, "fields": len(fields)}


def _found(argument: Mapping[str, Any], notes: list[str]) -> Found:
    pipeline = loaded(argument)
    check_pipeline(pipeline)
    known = columns(pipeline)
    unnamed = nameless([column.name for column in known])
    if unnamed is not None:
        raise ModelRefused(f"The model was fitted with {unnamed}: give it one in the data, and fit the Pipeline again.")
    if argument["data"] is None:
        if not known:
            raise ModelRefused("The model does not say what columns it was fitted with: add --data TRAIN.csv.")
        if not hasattr(pipeline, "feature_names_in_") and not takes_one_text(pipeline):
            notes.append("The model was fitted without column names: give x0, x1 … their names, and keep their order.")
        return Found(pipeline=pipeline, columns=known, summaries=(), match=None)
    path = Path(argument["data"])
    frame, said = read_frame(path)
    match = Matching(
        columns=known,
        named=hasattr(pipeline, "feature_names_in_"),
        one_text=takes_one_text(pipeline),
        classes=Output(pipeline).classes,
        target=argument["target"],
        text=argument["text"],
        file=path.name,
    ).match(frame)
    notes += [*said, *match.notes]
    names = list(match.frame)
    known = known or [Column(name=name, position=place) for place, name in enumerate(names)]
    known = [replace(column, name=name) for column, name in zip(known, names, strict=True)]
    kept = {column.name: words for column in known if (words := gaps_kept(column, match.frame[column.name]))}
    if kept:
        frame, _ = read_frame(path, kept)
        match = replace(match, frame=frame[names])
    summaries = [summary_of(_series(match, column, path, notes), lists=column.kind == "list") for column in known]
    return Found(pipeline=pipeline, columns=known, summaries=summaries, match=match)


def _series(match: Match, column: Column, path: Path, notes: list[str]) -> Any:
    """The column's values; numbers that are written as texts are read where the model wants numbers."""
    series = match.frame[column.name]
    if column.kind != "number" or series.dtype.kind in "biuf":
        return series
    numbers, gaps = as_numbers(series)
    if gaps > len(series) / 10:
        text = f"{path.name} has texts in {column.name}, and the model was fitted with numbers"
        raise ProjectError(f"{text}: give the data as they went into fit.")
    if gaps:
        notes.append(f"{column.name} has {gaps} values that are no numbers: they are taken for gaps.")
    return numbers


def _tried(found: Found, trial: Trial, notes: list[str]) -> tuple[list[Field], Predictor]:
    """The fields that the model takes: dates as dates where that works, gaps only where it bears them."""
    dated = [True, False] if any(s.held in {"date", "datetime"} for s in found.summaries) else [True]
    refusal: ModelRefused | ProjectError | None = None
    for dates in dated:
        fields = _fields(found, dates=dates)
        record = {field.column: field.example for field in fields}
        try:
            predictor = trial.load(validation(fields), record)
        except (ModelRefused, ProjectError) as error:
            refusal = error
            continue
        unable = trial.without_gaps(predictor, [field.column for field in fields if field.optional], record)
        if unable:
            fields = [_required(field) if field.column in unable else field for field in fields]
            predictor = trial.load(validation(fields), record)
        return fields, predictor
    assert refusal is not None
    if isinstance(refusal, ModelRefused) and not found.summaries:
        raise ModelRefused(f"{refusal} Add --data TRAIN.csv.") from refusal
    raise refusal


def _fields(found: Found, *, dates: bool) -> list[Field]:
    names = field_names([column.name for column in found.columns])
    known = words(found.pipeline)
    summaries: Sequence[Summary | None] = found.summaries or [None] * len(names)
    fields = [
        decide(column, name, summary, dates=dates, words=known)
        for column, name, summary in zip(found.columns, names, summaries, strict=True)
    ]
    if not found.summaries:
        return fields
    rows = enumerate(_records(fields, found.summaries))
    row = next((place for place, record in rows if _whole(fields, record)), 0)
    return [
        replace(field, example=_example(field, summary, row))
        for field, summary in zip(fields, found.summaries, strict=True)
    ]


def _example(field: Field, summary: Summary, row: int) -> Any:
    """The value of that row, or of the first that has one, or one that the model knows."""
    every = (field.value(value) for value in (summary.values[row], *summary.values) if value is not None)
    return next(filter(field.holds, every), field.choices[0] if field.choices else None)


def _records(fields: Sequence[Field], summaries: Sequence[Summary]) -> Iterator[dict[str, Any]]:
    """The rows of the data as a client sends them."""
    for row in zip(*(summary.values for summary in summaries), strict=True):
        yield {field.column: field.value(value) for field, value in zip(fields, row, strict=True)}


def _rows(summaries: Sequence[Summary], *, most: int) -> Sequence[Summary]:
    """At most so many of the rows, from all of the data."""
    step = max(1, -(-len(summaries[0].values) // most)) if summaries else 1
    return [replace(summary, values=summary.values[::step]) for summary in summaries]


def _whole(fields: Sequence[Field], record: Mapping[str, Any]) -> bool:
    return all(value is not None and field.holds(value) for field, value in zip(fields, record.values(), strict=True))


def _required(field: Field) -> Field:
    return replace(field, optional=False, marks=[*field.marks, MISSING])


def _texts(fields: Sequence[Field], folder: Path, match: Match | None) -> dict[str, str]:
    return {
        "validation.py": validation(fields),
        "form.yml": texts.form(folder, match.target if match else None),
        "example.json": texts.example({field.column: field.example for field in fields}),
        "service.toml": texts.service(folder),
    }
