"""In the child: loads a model for its project, predicts the example and every value that the schema can tell apart."""

import faulthandler
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from commands.fitted.columns import columns
from commands.fitted.loading import loaded
from commands.trial.variants import variants
from serving.declared import OURS
from serving.errors import ProjectError
from serving.project import Project
from serving.settings import Settings
from worker.outcome import RowError
from worker.predictor import Predictor

MOST = 1_000
"""Variants of the example that are predicted."""
SECONDS = 60.0
"""For predicting them; what is not reached is not judged."""


def check(argument: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the model is and answers; then the values that it refuses. Raises ModelRefused, ProjectError."""
    with _never_hanging(argument) as started:
        project, pipeline, predictor, modules = _ready(argument, started)
        (own,) = predictor.predict([[project.example_with_features]], SECONDS)
        answer = own[0] if own else None
        yield {
            "feature_names": predictor.feature_names,
            "classes": predictor.classes,
            "columns": [column.to_dict() for column in columns(pipeline)],
            "modules": modules,
            "answer": None if isinstance(answer, RowError) or answer is None else from_json(answer),
            "problem": answer.message if isinstance(answer, RowError) else None,
        }
        tried = _valid(project)
        found = predictor.predict([[record] for _, _, record in tried], SECONDS)
    refused = [
        {"column": column, "value": value, "message": own[0].message}
        for (column, value, _), own in zip(tried, found, strict=True)
        if own and isinstance(own[0], RowError)
    ]
    yield {"refused_values": refused, "memory": _memory()}


def one_by_one(argument: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each value, told before it is tried: the last one has ended this process."""
    with _never_hanging(argument) as started:
        project, _, predictor, _ = _ready(argument, started)
        for column, value, record in _valid(project):
            yield {"column": column, "value": value}
            predictor.predict([[record]], SECONDS)


@contextmanager
def _never_hanging(argument: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """A predict that begins with a call of what is given ends this process when it takes too long."""
    seconds = float(argument["settings"]["predict_timeout"]) + 5
    try:
        yield lambda: faulthandler.dump_traceback_later(seconds, exit=True)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _ready(
    argument: Mapping[str, Any], before_predict: Callable[[], None]
) -> tuple[Project, Any, Predictor, list[str]]:
    """Project, Pipeline, predictor, and the modules of the project that were imported for the model."""
    settings = Settings.model_validate(argument["settings"])
    project = Project.load(settings.project_dir)
    before = set(sys.modules)
    pipeline = loaded({**argument, "project": str(project.folder)})
    modules = sorted(name for name in set(sys.modules) - before if _below(name, project.folder))
    predictor = Predictor(
        project,
        pipeline,
        batch_rows=settings.batch_rows,
        memory=settings.predict_memory,
        seconds=settings.predict_timeout,
        before_predict=before_predict,
    )
    return project, pipeline, predictor, modules


def _valid(project: Project) -> list[tuple[str, Any, dict[str, Any]]]:
    """Column, value, and the example with that value, where the whole schema accepts it."""
    found: list[tuple[str, Any, dict[str, Any]]] = []
    for column, value in variants(project.inputs_schema):
        with suppress(ProjectError):  # a rule that binds several fields together
            found.append((column, value, project.input({**project.example_with_features, column: value})))
        if len(found) == MOST:
            break
    return found


def _below(module: str, folder: Path) -> bool:
    """Whether a loaded module is the project's own, and no part of this repository that happens to be the project."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file or folder not in Path(file).parents:
        return False
    return folder != OURS or module.partition(".")[0] not in {"app", "worker", "serving", "commands", "cli", "tests"}


def _memory() -> int | None:
    """The most that this process has held so far, MiB; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # of this program alone; getrusage begins with what the parent held
        return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) // 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most // (1024 * 1024 if sys.platform == "darwin" else 1024))
