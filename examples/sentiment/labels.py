"""Lets a classifier that knows only 0, 1, 2 … learn from labels, and answer with them."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import column_or_1d, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted


class LabelledClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Wraps one such as XGBClassifier. `classes_` are the labels, sorted, in the order of `predict_proba`'s columns."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> "LabelledClassifier":
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(X, codes)
        for known in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, known):
                setattr(self, known, getattr(self.estimator_, known))
        return self

    def predict(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.classes_[self.estimator_.predict(X)]

    def predict_proba(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def __sklearn_tags__(self) -> Any:
        """It takes what the wrapped one takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
