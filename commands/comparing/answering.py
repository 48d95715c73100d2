"""Runs in a child process, under a model's own libraries: loads it and answers a file of records as a worker would."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from commands.fitted.origins import check_origins
from serving.prediction import Code
from serving.project import Project
from worker.model import unpickle
from worker.outcome import Answer, RowError
from worker.predictor import Predictor

GROUP = 100
"""Rows that are told apart together: few enough for the worker's budget, whatever their number of bad ones."""


def answers(argument: Mapping[str, Any]) -> Iterator[Any]:
    """First what kind of estimator it is; then, for each line of `records`, an answer for each of its rows.

    Raises ModelRefused, ProjectError.
    """
    project = Project.load(Path(argument["project"]))
    check_origins(argument["names"])
    pipeline = unpickle(Path(argument["model"]).read_bytes())
    predictor = Predictor(
        project, pipeline, batch_rows=argument["batch_rows"], memory=argument["memory"], seconds=argument["seconds"]
    )
    yield {"estimator": _estimator(pipeline)}
    with Path(argument["records"]).open("rb") as file:
        for line in file:
            found = _answered(predictor, from_json(line))
            yield [{"error": answer.message} if isinstance(answer, RowError) else from_json(answer) for answer in found]


def _answered(predictor: Predictor, records: Sequence[Any]) -> list[Answer]:
    groups = [records[start : start + GROUP] for start in range(0, len(records), GROUP)]
    try:
        found = predictor.predict(groups, math.inf)
    except MemoryError:  # a worker would go on in quarantine, which tells the rows apart
        if len(records) == 1:
            message = "The predict needs more memory than PREDICT_MEMORY allows."
            return [RowError(Code.MODEL_OUT_OF_MEMORY, message)]
        middle = len(records) // 2
        return [*_answered(predictor, records[:middle]), *_answered(predictor, records[middle:])]
    return [answer for group in found for answer in group or ()]


def _estimator(pipeline: Any) -> str | None:
    """What scikit-learn calls it: classifier, regressor, clusterer, outlier_detector, density_estimator."""
    try:
        from sklearn.utils import get_tags
    except ImportError:  # before scikit-learn 1.6
        return getattr(pipeline, "_estimator_type", None)
    try:
        kind: str | None = get_tags(pipeline).estimator_type
    except Exception:  # noqa: BLE001  # the user's own last step may not be made as scikit-learn's are
        return getattr(pipeline, "_estimator_type", None)
    return kind
