"""Calls the Pipeline: the steps before the last run once, for `predict` and `predict_proba` alike.

Of some estimators the second call is spared, too: what they predict is the class of the largest probability.
"""

from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.pipeline import Pipeline

_PURE = {"sklearn", "xgboost", "lightgbm", "catboost"}
"""Libraries whose estimators leave what they are given as it was; one of the user's own may change it."""

_BY_PROBABILITY = {
    *("LogisticRegression", "LogisticRegressionCV", "DecisionTreeClassifier", "RandomForestClassifier"),
    *("ExtraTreesClassifier", "GradientBoostingClassifier", "HistGradientBoostingClassifier"),
    *("GaussianNB", "MultinomialNB", "BernoulliNB", "ComplementNB", "CategoricalNB"),
}
"""Of scikit-learn's own. An SVC's probabilities, say, come from another model than its predictions."""
CLEAR = 1e-6
"""By how much the largest probability has to be larger than the next: of a tie, only `predict` knows the winner."""


class OnePass:
    """Gives what `Pipeline.predict` and `Pipeline.predict_proba` give, to the bit."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self.has_probabilities = hasattr(pipeline, "predict_proba")
        self._shared = self.has_probabilities and type(pipeline) is Pipeline and _is_pure(pipeline.steps[-1][1])
        self._by_probability = self._shared and _predicts_by_probability(pipeline.steps[-1][1])
        steps = pipeline.steps[:-1] if type(pipeline) is Pipeline else []
        self._steps = [step for _, step in steps if step is not None and step != "passthrough"]

    @property
    def first_step(self) -> Any | None:
        """What is given the rows first; None where it can't be called by itself."""
        apart = self._shared or not self.has_probabilities
        return self._steps[0] if apart and self._steps and not get_config().get("enable_metadata_routing") else None

    def __call__(self, rows: Any, *, begun: bool = False) -> tuple[Any, Any]:
        """The predictions, and the probabilities or None. Raises whatever the model raises.

        `begun`: the rows are what `first_step` has made of them.
        """
        if not begun and not self.has_probabilities:
            return self._pipeline.predict(rows), None
        if not begun and (not self._shared or get_config().get("enable_metadata_routing")):
            apart = rows.copy()  # a step with copy=False writes into what it is given
            return self._pipeline.predict(apart), self._pipeline.predict_proba(rows)
        for step in self._steps[begun:]:
            rows = step.transform(rows)
        last = self._pipeline.steps[-1][1]
        if not self.has_probabilities:
            return last.predict(rows), None
        if not self._by_probability:
            return last.predict(rows), last.predict_proba(rows)
        chances = last.predict_proba(rows)
        most_likely = _most_likely(last.classes_, chances)
        return last.predict(rows) if most_likely is None else most_likely, chances


def _predicts_by_probability(estimator: Any) -> bool:
    kind = type(estimator)
    return kind.__name__ in _BY_PROBABILITY and kind.__module__.partition(".")[0] == "sklearn"


def _most_likely(classes: Any, chances: Any) -> Any:
    """The class of each row's largest probability; None where there are several outputs, or a row is not clear."""
    if not isinstance(chances, np.ndarray) or chances.ndim != 2 or chances.shape[1] < 2:
        return None
    largest = chances.argmax(axis=1)
    rest = chances.copy()
    rest[np.arange(len(rest)), largest] = -np.inf
    clear = chances.max(axis=1) - rest.max(axis=1) > CLEAR  # false for NaN, too
    return classes[largest] if clear.all() else None


def _is_pure(estimator: Any) -> bool:
    """Whether the second call meets what the first one met: so it is when each estimator in it is a library's."""
    if not _of_a_library(estimator):
        return False
    return all(_of_a_library(part) for part in estimator.get_params().values() if hasattr(part, "fit"))


def _of_a_library(estimator: Any) -> bool:
    return type(estimator).__module__.partition(".")[0] in _PURE
