"""The quarantine's child process: loads the model, predicts what it is sent, and may die of it."""

import faulthandler
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

from serving.adapters import Backend
from serving.backend import connect
from serving.errors import ServingError
from serving.prediction import Failure, ModelVersion
from serving.project import Project
from serving.settings import Settings
from worker.model import LoadedModel, ModelSource
from worker.outcome import Outcome, outcome
from worker.question import Question
from worker.rejections import rejections
from worker.reporter import Reporter


def main(settings_json: str) -> None:
    """Answer each line of stdin with one of stdout, until stdin is closed."""
    settings = Settings.model_validate_json(settings_json)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a model prints goes to the log, not between the answers

    def predicting() -> None:
        """Tell the parent, whose patience is for one predict; should it die, nobody else would end one that hangs."""
        faulthandler.dump_traceback_later(settings.predict_timeout + 5, exit=True)
        _write(answers, {"predicting": True})

    try:
        project = Project.load(settings.project_dir, dressed=False)
        source = model_source(settings, connect(settings), project, before_predict=predicting)
    except ServingError as error:
        _write(answers, {"unavailable": str(error)})
        return
    loaded: LoadedModel | None = None
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            version = ModelVersion(**request["load"])
            try:
                if loaded is None or loaded.version != version:
                    loaded = source.load(version)
                _write(answers, {"ready": True})
            except ServingError as error:
                _write(answers, {"unavailable": str(error)})
        else:
            assert loaded is not None
            _write(answers, _predict(loaded, request, settings.max_result))
        faulthandler.cancel_dump_traceback_later()


def model_source(
    settings: Settings,
    backend: Backend,
    project: Project,
    *,
    before_predict: Callable[[], None] = lambda: None,
    reporter: Reporter | None = None,
) -> ModelSource:
    """The worker's ModelSource as the settings want it; the worker itself has a `reporter`, its child has none."""
    return ModelSource(backend.registry, project, settings=settings, before_predict=before_predict, reporter=reporter)


def _predict(loaded: LoadedModel, request: dict[str, Any], max_result: int) -> dict[str, Any]:
    questions = [Question.from_plain(plain) for plain in request["predict"]]
    try:
        answers = loaded.predictor.predict([question.rows for question in questions], request["seconds"])
    except MemoryError:
        return {"out_of_memory": True}
    outcomes = [
        None if own is None else outcome(own, many=question.many, max_result=max_result)
        for question, own in zip(questions, answers, strict=True)
    ]
    return {"outcomes": [_plain(o) for o in outcomes], "rejections": [rejections(own) for own in answers]}


def _plain(found: Outcome | Sequence[Any] | None) -> dict[str, str] | None:
    if isinstance(found, bytes):
        return {"result": found.decode()}
    if isinstance(found, Failure):
        return {"code": found.code, "message": found.message}
    return None


def _write(answers: IO[str], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
