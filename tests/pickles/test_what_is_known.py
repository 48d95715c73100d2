"""What a file tells of its libraries and of what it holds, without them."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from commands.pickles.inspection import Inspection
from tests.pickles.reading import inspected

BINARY = b"{L\0\0\0\0\0\0\0\x07version[#L\0\0\0\0\0\0\0\x03i\x03i\x02i\0}"
TEXT = b'{"learner":{},"version":[2,1,4]}'


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def instance(module: str, name: str, **state: bytes) -> bytes:
    """The opcodes of an object with attributes."""
    attributes = b"".join(text(key) + value for key, value in state.items())
    return b"c" + f"{module}\n{name}\n".encode() + b")\x81}(" + attributes + b"ub"


def pipeline(*steps: bytes) -> bytes:
    listed = b"".join(text(f"step{number}") + step + b"\x86" for number, step in enumerate(steps))
    return instance("sklearn.pipeline", "Pipeline", steps=b"](" + listed + b"e", _sklearn_version=text("1.5.2"))


def read(folder: Path, opcodes: bytes) -> Inspection:
    return inspected(folder, b"\x80\x05" + opcodes + b".")


@pytest.mark.parametrize(("raw", "version"), [(BINARY, "3.2.0"), (TEXT, "2.1.4"), (b"nothing", None)])
def test_xgboost_tells_its_version_in_the_booster(raw: bytes, version: str | None, tmp_path: Path) -> None:
    handle = b"\x96" + len(raw).to_bytes(8, "little") + raw
    booster = instance("xgboost.core", "Booster", handle=handle)
    model = pipeline(instance("xgboost.sklearn", "XGBClassifier", _Booster=booster))
    inspection = read(tmp_path, model)
    assert inspection.versions.get("xgboost") == version
    assert inspection.versions["scikit-learn"] == "1.5.2"
    assert inspection.imports == ["sklearn", "xgboost"]


def test_the_newest_of_several_versions_counts_and_the_others_are_told(tmp_path: Path) -> None:
    scaler = instance("sklearn.preprocessing._data", "StandardScaler", _sklearn_version=text("1.10.0"))
    odd = instance("sklearn.svm._classes", "SVC", _sklearn_version=text("; rm -rf"))
    inspection = read(tmp_path, pipeline(scaler, odd))
    assert dict(inspection.versions) == {"scikit-learn": "1.10.0"}
    assert inspection.older == ["1.5.2"]


def test_a_module_of_scikit_learn_before_1_6_is_scikit_learns(tmp_path: Path) -> None:
    inspection = read(tmp_path, b"c_loss\n__pyx_unpickle_CyHalfPoissonLoss\nc_loss\nCyHalfPoissonLoss\nK\x01N\x87R")
    assert (inspection.verdict, inspection.imports, inspection.custom) == ("clean", ["sklearn"], [])


@pytest.mark.parametrize("module", ["numpy", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath"])
def test_a_function_of_numpy_is_known_wherever_a_version_has_it(module: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"c{module}\nlog1p\n".encode()).verdict == "clean"
    assert read(tmp_path, f"c{module}\nfromfile\n".encode()).verdict == "dangerous"


def test_an_array_is_called_one(tmp_path: Path) -> None:
    assert inspected(tmp_path, pickle.dumps(np.arange(3))).shape.text == "a numpy array"


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("sklearn.preprocessing._data", "StandardScaler", "transformer"),
        ("sklearn.feature_extraction.text", "TfidfVectorizer", "transformer"),
        ("sklearn.compose._column_transformer", "ColumnTransformer", "transformer"),
        ("sklearn.pipeline", "FeatureUnion", "transformer"),
        ("sklearn.ensemble._forest", "RandomTreesEmbedding", "transformer"),
        ("sklearn.ensemble._forest", "RandomForestClassifier", "predictor"),
        ("sklearn.linear_model._base", "LinearRegression", "predictor"),
        ("sklearn.compose._target", "TransformedTargetRegressor", "predictor"),
        ("xgboost.sklearn", "XGBRegressor", "predictor"),
        ("lightgbm.sklearn", "LGBMClassifier", "predictor"),
        ("catboost.core", "CatBoostClassifier", "predictor"),
        ("sklearn.model_selection._search", "GridSearchCV", "search"),
        ("skopt.searchcv", "BayesSearchCV", "search"),
        ("sklearn.preprocessing._label", "LabelEncoder", "other"),
        ("features", "TextCleaner", "transformer"),
        ("models", "PriceRegressor", "predictor"),
        ("models", "Thing", "other"),
    ],
)
def test_what_an_object_is_shows_in_its_name(module: str, name: str, kind: str, tmp_path: Path) -> None:
    assert read(tmp_path, instance(module, name, n=b"K\x01")).shape.kind == kind


def test_a_pipeline_is_one_by_any_library_and_shows_its_steps(tmp_path: Path) -> None:
    steps = b"](" + text("a") + instance("imblearn.over_sampling", "SMOTE") + b"\x86e"
    shape = read(tmp_path, instance("imblearn.pipeline", "Pipeline", steps=steps)).shape
    assert (shape.kind, shape.text) == ("pipeline", "Pipeline(SMOTE)")


def test_an_object_that_holds_itself_is_shown(tmp_path: Path) -> None:
    itself = b"]q\x00h\x00a"
    assert read(tmp_path, itself).shape.text == "list(list(list(list(an object))))"


def test_the_protocol_is_the_one_that_it_begins_with(tmp_path: Path) -> None:
    for protocol in range(6):
        assert inspected(tmp_path, pickle.dumps([1.5], protocol=protocol)).protocol == (0 if protocol < 2 else protocol)
