"""Registry -> verified bytes -> Pipeline, kept in memory and refreshed when the pointer moves."""

import io
import logging
import pickle
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import joblib
from sklearn.exceptions import InconsistentVersionWarning

from serving.errors import ModelRefused, ModelUnavailable, ServingError
from serving.manifest import Manifest
from serving.models import ModelRegistry
from serving.prediction import ModelVersion
from serving.project import Project
from serving.settings import Settings
from worker.predictor import Predictor

logger = logging.getLogger(__name__)

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas")
# joblib reads plain pickles too, but in Python: many times slower where there are many objects.
_COMPRESSED = (b"\x1f\x8b", b"x\x01", b"x^", b"x\x9c", b"x\xda", b"BZh", b"\xfd7zXZ", b"]\x00", b"\x04\x22M\x18")


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model that is ready to predict."""

    version: ModelVersion
    predictor: Predictor


class ModelSource:
    """Gives the worker its model: the current one, or the one before when the current one can't be loaded."""

    def __init__(
        self,
        registry: ModelRegistry,
        project: Project,
        *,
        settings: Settings,
        before_predict: Callable[[], None] = lambda: None,
    ) -> None:
        self._registry = registry
        self._project = project
        self._settings = settings
        self._before_predict = before_predict
        self._loaded: LoadedModel | None = None
        self._checked_at = float("-inf")

    def current(self) -> LoadedModel:
        """At most MODEL_REFRESH seconds behind the pointer. Raises ModelUnavailable when nothing can be loaded."""
        if self._loaded is None or time.monotonic() - self._checked_at > self._settings.model_refresh:
            self._loaded = self._refreshed()
            self._checked_at = time.monotonic()
        return self._loaded

    def load(self, version: ModelVersion) -> LoadedModel:
        """Exactly this model. Raises ModelRefused, TagMissing, ModelUnavailable."""
        manifest = self._registry.manifest(version.tag)
        if manifest.version != version:
            raise ModelRefused(f"The manifest of {version.tag} names other bytes than the pointer does.")
        check_versions(manifest)
        pipeline = unpickle(self._registry.content(version))
        predictor = Predictor(
            self._project,
            pipeline,
            batch_rows=self._settings.batch_rows,
            memory=self._settings.predict_memory,
            seconds=self._settings.predict_timeout,
            before_predict=self._before_predict,
        )
        return LoadedModel(version=version, predictor=predictor)

    def _refreshed(self) -> LoadedModel:
        try:
            pointer = self._registry.pointer()
        except ServingError as error:
            return self._keep(f"the registry can't be read: {error}", error)
        if pointer is None:
            raise ModelUnavailable("No model has been uploaded yet: run `cli upload BUCKET PATH --tag T`.")
        if self._loaded is not None and self._loaded.version == pointer.current:
            return self._loaded
        try:
            loaded = self.load(pointer.current)
        except ServingError as error:
            problem = f"model {pointer.tag} can't be loaded: {error}"
            if self._loaded is None and pointer.previous is not None:
                logger.error("%s; serving the previous one, %s", problem, pointer.previous.tag)
                return self._previous(pointer.previous, problem)
            return self._keep(problem, error)
        logger.info("serving model %s, sha256 %s", loaded.version.tag, loaded.version.sha256)
        return loaded

    def _keep(self, problem: str, cause: Exception) -> LoadedModel:
        if self._loaded is None:
            raise ModelUnavailable(problem) from cause
        logger.error("%s; still serving %s", problem, self._loaded.version.tag)
        return self._loaded

    def _previous(self, version: ModelVersion, problem: str) -> LoadedModel:
        try:
            return self.load(version)
        except ServingError as error:
            raise ModelUnavailable(f"{problem}; nor can the previous one, {version.tag}: {error}") from error


def unpickle(content: bytes) -> Any:
    """The object in a pickle or joblib file. Runs the code in it: see SECURITY.md. Raises ModelRefused."""
    by_joblib = content.startswith(_COMPRESSED) or b"joblib.numpy_pickle" in content
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            return joblib.load(io.BytesIO(content)) if by_joblib else pickle.loads(content)
    except InconsistentVersionWarning as error:
        raise ModelRefused(
            f"The model was pickled with scikit-learn {error.original_sklearn_version} and this is "
            f"{error.current_sklearn_version}: install the version it was made with, or train it again."
        ) from error
    except ModuleNotFoundError as error:
        raise ModelRefused(
            f"The pickle needs the module {error.name}, which is not installed and not in the project's folder."
        ) from error
    except AttributeError as error:
        raise ModelRefused(
            f"The pickle needs a class or function that is not there: {error}. What was defined in a notebook or "
            "script must move into a module of the project, which train.py imports."
        ) from error
    except Exception as error:  # a damaged pickle can raise anything
        reason = str(error).rstrip(".")
        raise ModelRefused(f"The file is no pickle, or is damaged: {type(error).__name__}: {reason}.") from error


def library_versions() -> dict[str, str]:
    """The versions, on this machine, of the libraries that a pickled Pipeline depends on."""
    return {name: metadata.version(name) for name in LIBRARIES}


def check_versions(manifest: Manifest) -> None:
    """Raises ModelRefused when scikit-learn here is not the one that the model was uploaded with."""
    made_with, here = manifest.versions.get("scikit-learn"), metadata.version("scikit-learn")
    if made_with is not None and made_with != here:
        raise ModelRefused(
            f"Model {manifest.tag} needs scikit-learn {made_with} and this is {here} "
            f"(Python {platform.python_version()}): install that version, or upload the model again."
        )
