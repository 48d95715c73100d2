"""What each kind of scikit-learn step tells of the columns that go into it; told from its fitted attributes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from commands.fitted.fact import Fact
from commands.fitted.text import text_kind
from commands.fitted.values import is_gap, native, number

DEVIATIONS = 4  # of a normal distribution, all but 1 in 16,000


def facts(estimator: Any, width: int) -> Sequence[Fact]:  # noqa: PLR0911  # one for each kind of step
    """One for each of `width` columns; fewer where a step tells of fewer."""
    if hasattr(estimator, "build_analyzer"):
        return [Fact(kind=text_kind(estimator), missing_allowed=False)]
    if hasattr(estimator, "categories_"):
        return [_encoded(estimator, categories) for categories in estimator.categories_]
    if is_imputer(estimator):
        return [_imputed(estimator, place) for place in range(width)]
    if is_scaler(estimator):
        return [_scaled(estimator, place) for place in range(width)]
    if hasattr(estimator, "bin_edges_"):
        return [_binned(edges) for edges in estimator.bin_edges_]
    if passes_on(estimator):
        return []
    if not type(estimator).__module__.startswith("sklearn.") and not hasattr(estimator, "predict"):
        return [Fact(kind="unknown")] * width  # the user's own: only a try tells what it takes
    if type(estimator).__name__ == "FunctionTransformer":
        return [Fact(kind="unknown")] * width
    return [*_categorical(estimator, width)] or [Fact(kind="number", missing_allowed=takes_nan(estimator))] * width


def is_imputer(estimator: Any) -> bool:
    return hasattr(estimator, "missing_values") and hasattr(estimator, "transform")


def is_scaler(estimator: Any) -> bool:
    """Whether it changes values and not what they stand for: one column in, the same one out."""
    return type(estimator).__module__ == "sklearn.preprocessing._data" and type(estimator).__name__ in {
        "MaxAbsScaler",
        "MinMaxScaler",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    }


def passes_on(estimator: Any) -> bool:
    """A ColumnTransformer's "passthrough", as it is when fitted."""
    return type(estimator).__name__ == "FunctionTransformer" and estimator.func is None


def dropped(imputer: Any) -> set[int]:
    """The columns that were empty, which an imputer leaves out."""
    statistics = getattr(imputer, "statistics_", ())
    if getattr(imputer, "keep_empty_features", False):
        return set()
    return {place for place, value in enumerate(statistics) if is_gap(value)}


def takes_nan(estimator: Any) -> bool:
    """Whether it says of itself that it takes NaN."""
    try:
        from sklearn.utils import get_tags
    except ImportError:  # before scikit-learn 1.6
        return bool(estimator._get_tags().get("allow_nan", False)) if hasattr(estimator, "_get_tags") else False
    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except Exception:  # noqa: BLE001  # the user's own estimator may be made for another scikit-learn
        return False


def _encoded(encoder: Any, categories: Any) -> Fact:
    values = [native(value) for value in categories if not is_gap(value)]
    seen = len(values) < len(categories)
    target = type(encoder).__name__ == "TargetEncoder"
    others = target or getattr(encoder, "handle_unknown", "error") != "error"
    kind = "boolean" if values and all(isinstance(value, bool) for value in values) else "category"
    return Fact(
        kind=kind,  # type: ignore[arg-type]  # one of two of them
        categories=values,
        unknown_allowed=others,
        missing_allowed=seen or others,
        gaps=seen,
    )


def _imputed(imputer: Any, place: int) -> Fact:
    statistics = getattr(imputer, "statistics_", None)
    if statistics is None:  # KNNImputer and IterativeImputer know numbers only
        return Fact(kind="number" if hasattr(imputer, "n_features_in_") else None, missing_allowed=True, gaps=True)
    value = statistics[place]
    textual = getattr(getattr(statistics, "dtype", None), "kind", "f") == "O"
    constant = getattr(imputer, "strategy", None) == "constant"
    return Fact(
        kind=None if textual else "number",
        missing_allowed=True,
        gaps=True,
        typical=None if constant or is_gap(value) else native(value),
        filled_with=native(value) if constant else None,
    )


def _scaled(scaler: Any, place: int) -> Fact:
    low, high, typical, guessed = None, None, None, False
    name = type(scaler).__name__
    if name == "MinMaxScaler":
        low, high = number(scaler.data_min_[place]), number(scaler.data_max_[place])
    elif name == "MaxAbsScaler":
        high = number(scaler.max_abs_[place])
        low, guessed = None if high is None else -high, True
    elif name == "QuantileTransformer":
        low, high = number(scaler.quantiles_[0][place]), number(scaler.quantiles_[-1][place])
    elif name == "StandardScaler" and scaler.mean_ is not None and scaler.var_ is not None:
        typical, guessed = number(scaler.mean_[place]), True
        low, high = _around(typical, DEVIATIONS * float(np.sqrt(scaler.var_[place])))
    elif name == "RobustScaler" and scaler.center_ is not None and scaler.scale_ is not None:
        typical, guessed = number(scaler.center_[place]), True
        low, high = _around(typical, DEVIATIONS * float(scaler.scale_[place]))
    return Fact(kind="number", low=low, high=high, typical=typical, guessed=guessed)


def _around(middle: float | None, reach: float) -> tuple[float | None, float | None]:
    return (None, None) if middle is None else (middle - reach, middle + reach)


def _binned(edges: Any) -> Fact:
    return Fact(kind="number", missing_allowed=False, low=number(edges[0]), high=number(edges[-1]))


def _categorical(estimator: Any, width: int) -> list[Fact]:
    """HistGradientBoosting encodes its categories itself, and puts them before the numbers."""
    mask = getattr(estimator, "is_categorical_", None)
    preprocessor = getattr(estimator, "_preprocessor", None)
    if mask is None or preprocessor is None or len(mask) != width:
        return []
    known = iter(preprocessor.named_transformers_["encoder"].categories_)
    return [_encoded_inside(next(known)) if flag else Fact(kind="number", missing_allowed=True) for flag in mask]


def _encoded_inside(categories: Any) -> Fact:
    values = [native(value) for value in categories if not is_gap(value)]
    return Fact(kind="category", categories=values, unknown_allowed=True, missing_allowed=True)
