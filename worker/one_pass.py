"""Calls the Pipeline: the steps before the last run once, for `predict` and `predict_proba` alike."""

from typing import Any

from sklearn import get_config
from sklearn.pipeline import Pipeline

_PURE = {"sklearn", "xgboost", "lightgbm", "catboost"}
"""Libraries whose estimators leave what they are given as it was; one of the user's own may change it."""


class OnePass:
    """Gives what `Pipeline.predict` and `Pipeline.predict_proba` give, to the bit."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self.has_probabilities = hasattr(pipeline, "predict_proba")
        self._shared = self.has_probabilities and type(pipeline) is Pipeline and _is_pure(pipeline.steps[-1][1])

    def __call__(self, rows: Any) -> tuple[Any, Any]:
        """The predictions, and the probabilities or None. Raises whatever the model raises."""
        if not self.has_probabilities:
            return self._pipeline.predict(rows), None
        if not self._shared or get_config().get("enable_metadata_routing"):
            return self._pipeline.predict(rows), self._pipeline.predict_proba(rows)
        for _, step in self._pipeline.steps[:-1]:
            if step is not None and step != "passthrough":
                rows = step.transform(rows)
        last = self._pipeline.steps[-1][1]
        return last.predict(rows), last.predict_proba(rows)


def _is_pure(estimator: Any) -> bool:
    """Whether the second call meets what the first one met: so it is when each estimator in it is a library's."""
    if not _of_a_library(estimator):
        return False
    return all(_of_a_library(part) for part in estimator.get_params().values() if hasattr(part, "fit"))


def _of_a_library(estimator: Any) -> bool:
    return type(estimator).__module__.partition(".")[0] in _PURE
