"""Tries a schema that nobody has seen yet: on the model, as the worker does, and on rows of the training data."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from commands.scaffold import texts
from serving.errors import ModelRefused, ProjectError
from serving.project import Project
from serving.settings import Settings
from worker.outcome import RowError
from worker.predictor import Predictor

ROWS = 2_000
SECONDS = 20.0


class Trial:
    """Writes into `folder`, which is its own and in no message; `record` is what the example is called there."""

    def __init__(self, pipeline: Any, settings: Settings, folder: Path, *, record: str) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._folder = folder
        self._record = record

    def load(self, validation: str, record: Mapping[str, Any]) -> Predictor:
        """Raises ModelRefused when the model can't predict the record, ProjectError when the schema refuses it."""
        (self._folder / "validation.py").write_text(validation, encoding="utf-8")
        (self._folder / "example.json").write_text(texts.example(record), encoding="utf-8")
        try:
            self._project = Project.load(self._folder)
            self._valid(record)
            return Predictor(
                self._project,
                self._pipeline,
                batch_rows=self._settings.batch_rows,
                memory=self._settings.predict_memory,
                seconds=self._settings.predict_timeout,
            )
        except ValidationError as error:
            text = f"{self._record} does not fit the fields that the model wants: {_first(error)}"
            raise ProjectError(f"{text[0].upper()}{text[1:]}. Give --data the rows as they went into fit.") from error
        except (ModelRefused, ProjectError) as error:
            raise type(error)(self._reworded(str(error))) from error

    def _reworded(self, text: str) -> str:
        """Nobody can look into the folder, and the example is not the user's yet."""
        text = text.replace(f"{self._folder}{os.sep}", "").replace("the project's example", self._record)
        return f"{' '.join(text.split()).rstrip('.')}."

    def without_gaps(self, predictor: Predictor, columns: Sequence[str], record: Mapping[str, Any]) -> Collection[str]:
        """Those of the columns in which the model takes no gap."""
        gaps = [self._valid({**record, column: None}) for column in columns]
        if not gaps:
            return ()
        answers = predictor.predict([[gap] for gap in gaps], SECONDS)
        return {column for column, own in zip(columns, answers, strict=True) if own and isinstance(own[0], RowError)}

    def rows(self, predictor: Predictor, records: Sequence[Mapping[str, Any]]) -> tuple[int, int, str | None]:
        """How many were tried, how many were accepted and predicted, and what the first other one lacks."""
        valid, problem = [], None
        for record in records:
            try:
                valid.append(self._valid(record))
            except ValidationError as error:
                problem = problem or f"A row of the data is refused: {_first(error)}."
        answers = predictor.predict([[record] for record in valid], SECONDS)
        answered = [own[0] for own in answers if own]
        failed = [answer for answer in answered if isinstance(answer, RowError)]
        if failed and problem is None:
            problem = f"A row of the data can't be predicted: {failed[0].message}"
        refused = len(records) - len(valid)
        return len(answered) + refused, len(answered) - len(failed), problem

    def _valid(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """As the worker gets it. Raises ValidationError."""
        project = self._project
        accepted: dict[str, Any] = from_json(project.dump(project.one.validate_json(to_json(record))))
        return accepted


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'][:1]))}: {first['msg']}"
