"""What the object in a model file is, told by the names of its classes: nothing is imported to find out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from commands.pickles.known import is_library
from commands.pickles.stand_ins import PLAIN, Made

Kind = Literal["pipeline", "search", "predictor", "transformer", "collection", "other"]

MOST = 20
"""Members of a collection that are looked at."""

_SEARCH = re.compile(r"(Halving)?(Grid|Randomized|Random)SearchCV|BayesSearchCV|\w+SearchCV")
_TRANSFORMERS = re.compile(
    r"sklearn\.(preprocessing|feature_extraction|impute|decomposition|random_projection|kernel_approximation"
    r"|feature_selection)\.\S+|sklearn\.compose\.\S*(ColumnTransformer|make_column_selector)|sklearn\.pipeline\.\S*Union"
    r"|sklearn\.\S+\.(RandomTreesEmbedding|KNeighborsTransformer|RadiusNeighborsTransformer|BernoulliRBM"
    r"|NeighborhoodComponentsAnalysis|FeatureAgglomeration)"
)
_PREDICTORS = re.compile(
    r"sklearn\.(linear_model|svm|tree|ensemble|neighbors|naive_bayes|neural_network|gaussian_process"
    r"|discriminant_analysis|calibration|dummy|multiclass|multioutput|semi_supervised|isotonic|kernel_ridge|cluster"
    r"|mixture|cross_decomposition|model_selection|covariance)\.\S+|sklearn\.compose\.\S*TransformedTargetRegressor"
    r"|(xgboost|lightgbm)\.(sklearn|dask)\.\S+|catboost\.core\.CatBoost\w*"
)
_LABELS = {"LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"}
"""They transform what is predicted, not what it is predicted from."""

_TRANSFORMER_NAMES = re.compile(
    r"\w*(Transformer|Encoder|Scaler|Vectorizer|Imputer|Selector|Extractor|Discretizer|Binarizer|Normalizer|Cleaner|PCA)"
)
_PREDICTOR_NAMES = re.compile(r"\w*(Classifier|Regressor|Regression|Estimator|Model|SVC|SVR|NB|Detector|Clusterer)")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`members`: a collection's, a Pipeline's steps, or a search's best_estimator_."""

    kind: Kind
    text: str  # such as Pipeline(StandardScaler, LogisticRegression)
    members: Sequence["Shape"] = ()
    access: str = ""  # how its collection gives it, such as [0] or ['classifier']
    takes: int | None = None  # columns that it was fitted on
    gives: int | None = None  # columns that come out of a vectorizer
    named: bool = False  # fitted on a DataFrame: nothing stood before it

    def follows(self, other: "Shape") -> bool:
        """Whether it may have been fitted on what the other gives, as far as the file tells."""
        if self.kind == "search" and self.members:
            return self.members[0].follows(other)
        return not self.named and (other.gives is None or self.takes is None or self.takes == other.gives)

    @property
    def predicts(self) -> bool:
        """As far as names tell; only a Pipeline that ends with a transformer certainly does not."""
        return self.kind in {"predictor", "search"} or (
            self.kind == "pipeline" and bool(self.members) and self.members[-1].kind != "transformer"
        )


def shape_of(value: Any, depth: int = 4) -> Shape:
    """The Shape of what the reader gave back."""
    if isinstance(value, Made):
        return _of_made(value, depth)
    if isinstance(value, tuple | list | dict) and depth:
        members = [replace(shape_of(item, depth - 1), access=access) for access, item in _items(value)]
        name = type(value).__name__
        return Shape(kind="collection", text=f"{name}({_listed(members, len(value))})", members=members)
    return Shape(kind="other", text=type(value).__name__ if type(value) in PLAIN else "an object")


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, item in pairs[:MOST]:
        yield f"[{key!r}]" if type(key) in PLAIN else "", item


def _listed(members: Sequence[Shape], length: int) -> str:
    return ", ".join([*(member.text for member in members), *(["…"] if length > len(members) else [])])


def _of_made(made: Made, depth: int) -> Shape:
    name = made.name.rpartition(".")[2] or "an object"
    attributes = made.attributes
    steps = _steps(attributes)
    if depth and (made.qualified == "sklearn.pipeline.Pipeline" or (name.endswith("Pipeline") and steps)):
        members = [shape_of(step, depth - 1) for step in steps]
        return Shape(kind="pipeline", text=f"{name}({_listed(members, len(members))})", members=members)
    if depth and _SEARCH.fullmatch(name):
        best = attributes.get("best_estimator_")
        inner = shape_of(best if best is not None else attributes.get("estimator"), depth - 1)
        return Shape(kind="search", text=f"{name}({inner.text})", members=[inner] if best is not None else [])
    width, words = attributes.get("n_features_in_"), attributes.get("vocabulary_")
    return Shape(
        kind=_kind(made, name),
        text="a numpy array" if name == "_reconstruct" else name,
        takes=width if isinstance(width, int) else None,
        gives=len(words) if isinstance(words, dict) else None,
        named="feature_names_in_" in attributes,
    )


def _steps(attributes: Any) -> list[Any]:
    steps = attributes.get("steps")
    if not isinstance(steps, list):
        return []
    return [step[1] for step in steps[:MOST] if isinstance(step, tuple) and len(step) == 2]


def _kind(made: Made, name: str) -> Kind:
    if name in _LABELS:
        return "other"
    if is_library(made.module):
        if _TRANSFORMERS.fullmatch(made.qualified):
            return "transformer"
        return "predictor" if _PREDICTORS.fullmatch(made.qualified) else "other"
    if _TRANSFORMER_NAMES.fullmatch(name):
        return "transformer"
    return "predictor" if _PREDICTOR_NAMES.fullmatch(name) or "classes_" in made.attributes else "other"
