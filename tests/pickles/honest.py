"""What honest data scientists pickle: everything here must be found clean."""

import collections
import datetime
import decimal
import fractions
import logging
import math
import pathlib
import re
import tempfile
import types
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
import scipy.special
import scipy.stats
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2, f_classif, f_regression, mutual_info_classif
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, SGDClassifier
from sklearn.metrics import f1_score, get_scorer, get_scorer_names, make_scorer
from sklearn.metrics.pairwise import cosine_distances, laplacian_kernel
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV, StratifiedKFold, TimeSeriesSplit
from sklearn.neighbors import KernelDensity, KNeighborsClassifier, LocalOutlierFactor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, minmax_scale
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Bunch

_iris = load_iris(as_frame=True)
X, y = _iris.data.iloc[::3], _iris.target.iloc[::3]
two = (y > 0).astype(int)
DOCUMENTS = ["the cat sat", "a dog ran", "the bird flew", "fish"] * 10
SPAM = [0, 1, 0, 1] * 10


def frame() -> pd.DataFrame:
    """A column of each dtype."""
    return pd.DataFrame(
        {
            "int": [1, 2], "float": [1.5, 2.5], "text": ["x", "y"], "mixed": [None, "x"],
            "category": pd.Categorical(["u", "v"]), "date": pd.to_datetime(["2020-01-01", "2021-01-01"]),
            "utc": pd.to_datetime(["2020-01-01", "2021-01-01"], utc=True), "delta": pd.to_timedelta([1, 2]),
            "zone": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Paris"),
            "Int": pd.array([1, None]), "bool": pd.array([True, None]), "string": pd.array(["a", None], dtype="string"),
            "period": pd.period_range("2020", periods=2, freq="M"), "interval": pd.interval_range(0, 2),
        }
    )  # fmt: skip


def categories() -> pd.DataFrame:
    """Two columns, of which the first is of categories."""
    return pd.DataFrame({"a": pd.Categorical.from_codes(y % 2, [0, 1]), "b": X.iloc[:, 0]})


def memmap() -> Any:
    """As joblib leaves one in a model that was fitted by several processes."""
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype="float64", mode="w+", shape=(3,))


def things() -> dict[str, Any]:
    """By what they are."""
    text = make_pipeline(TfidfVectorizer(stop_words="english"), LogisticRegression()).fit(DOCUMENTS, SPAM)
    search = {"C": scipy.stats.loguniform(0.1, 1), "degree": scipy.stats.randint(1, 4)}
    losses = ("squared_error", "absolute_error", "huber", "quantile")
    return {
        "text": text,
        "hashing": HashingVectorizer(),
        "columns": make_column_transformer(
            (OneHotEncoder(), make_column_selector(dtype_include=object)),
            (StandardScaler(), make_column_selector(dtype_include=[np.number, "category"])),
            remainder="passthrough",
        ),
        "union": FeatureUnion([("a", StandardScaler()), ("b", SimpleImputer())]).fit(X),
        "functions": [FunctionTransformer(f) for f in (np.log1p, np.sqrt, math.log, minmax_scale, pd.to_numeric)],
        "target": TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1).fit(X, two),
        "forest": make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=1)).fit(X, y),
        "boosting": [HistGradientBoostingClassifier(max_iter=3).fit(X, y)],
        "regressors": [HistGradientBoostingRegressor(max_iter=3, loss=k).fit(X, y + 1) for k in ("poisson", "gamma")],
        "gradient": [GradientBoostingRegressor(n_estimators=2, loss=loss).fit(X, y) for loss in losses],
        "sgd": [SGDClassifier(loss=loss).fit(X, y) for loss in ("hinge", "log_loss", "modified_huber", "huber")],
        "poisson": PoissonRegressor().fit(X, y),
        "gaussian": [
            GaussianProcessClassifier(RBF() * ConstantKernel() + WhiteKernel()).fit(X, two),
            GaussianProcessRegressor(Matern()).fit(X, y),
        ],
        "neighbours": [
            KNeighborsClassifier(algorithm="kd_tree").fit(X, y),
            KNeighborsClassifier(algorithm="ball_tree").fit(X, y),
            KNeighborsClassifier(algorithm="brute", metric=cosine_distances).fit(X, y),
            KernelDensity().fit(X),
            LocalOutlierFactor(novelty=True).fit(X),
            KNNImputer().fit(X),
        ],
        "kernel": SVC(kernel=laplacian_kernel).fit(X, y),
        "calibrated": [CalibratedClassifierCV(cv=2, method=m).fit(X, y) for m in ("sigmoid", "isotonic")],
        "stacked": StackingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier())]).fit(X, y),
        "voting": VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier())]).fit(X, y),
        "selection": [SelectKBest(f) for f in (chi2, f_classif, f_regression, mutual_info_classif)],
        "random search": RandomizedSearchCV(SVC(), search, n_iter=1, cv=2).fit(X, y),
        "grid search": GridSearchCV(
            make_pipeline(StandardScaler(), SVC()),
            {"svc__C": np.logspace(0, 1, 2)},
            cv=StratifiedKFold(2),
            scoring=make_scorer(f1_score, average="macro"),
        ).fit(X, y),
        "splits": [KFold(2), TimeSeriesSplit(2)],
        "scorers": [get_scorer(name) for name in get_scorer_names()],
        "encoders": [OrdinalEncoder(dtype=np.float32).fit(X), OneHotEncoder(min_frequency=2).fit(X)],
        "categories": [
            HistGradientBoostingClassifier(max_iter=2, categorical_features=which).fit(categories(), y)
            for which in ("from_dtype", [0], ["a"])
        ],
        "memory": [Bunch(coef_=memmap())],
        "searched": RandomizedSearchCV(SVC(), {"C": scipy.stats.uniform(1, 2)}, n_iter=1, cv=2).fit(X, y),
        "cached": Pipeline([("a", LogisticRegression())], memory="somewhere"),
        "frame": frame(),
        "indexes": [X.columns, pd.MultiIndex.from_tuples([("a", 1)]), pd.date_range("2020", periods=3)],
        "moments": [pd.Timestamp("2020"), pd.Timestamp("2020", tz="Europe/Paris"), pd.Timedelta(1), pd.NaT, pd.NA],
        "sparse": [getattr(scipy.sparse, f"{kind}_matrix")(np.eye(2)) for kind in ("csr", "csc", "coo", "lil", "dok")],
        "random": [np.random.RandomState(1), np.random.default_rng(1), np.random.Generator(np.random.MT19937(1))],
        "special": [scipy.special.logit, scipy.special.boxcox1p, scipy.stats.norm(), scipy.stats.poisson(3)],
        "scalars": [np.float64(1), np.int8(1), np.str_("a"), np.bool_(True), np.datetime64("2020"), np.longdouble(2)],
        "arrays": [
            np.array(["a", "b"]),
            np.array(["a", None], dtype=object),
            np.array([(1, 2.5)], dtype=[("a", int), ("b", float)]),
            np.array([(1, "x")], dtype=[("a", int), ("b", object)]),
            np.array([([1, 2],)], dtype=[("a", int, (2,))]),
            np.array(["2020"], dtype="M8[D]"),
            np.ma.array([1, 2], mask=[False, True]),
            np.asfortranarray(np.arange(6).reshape(2, 3)),
            np.array([]),
            np.array(1.5),
            np.matrix([[1]]),
        ],
        "python": [
            int, float, str, slice(1, 2), range(3), len, {1, 2}, frozenset([(1, 2)]), bytearray(b"x"), 1 + 2j,
            {(1, (2, 3)): "tuple"}, ..., NotImplemented, type(None), collections.OrderedDict(a=1),
            collections.defaultdict(int), collections.Counter("a"), collections.deque([1]), decimal.Decimal(1),
            fractions.Fraction(1, 2), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(1),
            zoneinfo.ZoneInfo("Europe/Paris"), re.compile("x", re.IGNORECASE), pathlib.Path("x"),
            types.SimpleNamespace(a=1), logging.getLogger("x"), Bunch(a=1),
        ],
    }  # fmt: skip
