"""Registry -> verified bytes -> Pipeline, kept in memory and refreshed when the pointer moves."""

import io
import logging
import pickle
import platform
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
from sklearn.exceptions import InconsistentVersionWarning

from serving.errors import ModelRefused, ModelUnavailable, ServingError
from serving.manifest import Pointer, now
from serving.models import ModelRegistry
from serving.pickle_format import by_joblib
from serving.prediction import ModelVersion
from serving.project import Project
from serving.report import Report
from serving.settings import Settings
from worker.libraries import DATA_STACK, check_versions, installed
from worker.predictor import Predictor
from worker.reporter import Reporter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model that is ready to predict."""

    version: ModelVersion
    predictor: Predictor
    libraries: Sequence[str]  # the names of those that its manifest asks for
    warning: str | None = None  # it was loaded under other versions than it asks for


class ModelSource:
    """Gives the worker its model: the current one, or the one before when the current one can't be loaded.

    A model that was refused is not read again until the pointer moves; one that could not be had is tried again.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        project: Project,
        *,
        settings: Settings,
        before_predict: Callable[[], None] = lambda: None,
        reporter: Reporter | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registry = registry
        self._project = project
        self._settings = settings
        self._before_predict = before_predict
        self._reporter = reporter
        self._loaded: LoadedModel | None = None
        self._read_at = {time.monotonic: float("-inf"), clock: float("-inf")}
        self._pointer: Pointer | None = None
        self._refusals: dict[ModelVersion, str] = {}
        self._problem: str | None = None  # the last one that was logged

    def current(self) -> LoadedModel:
        """At most MODEL_REFRESH seconds behind the pointer. Raises ModelUnavailable when nothing can be loaded."""
        if self._loaded is None or self._age() > self._settings.model_refresh:
            self._loaded = self._refreshed()
            self._read_at = {clock: clock() for clock in self._read_at}
        return self._loaded

    def _age(self) -> float:
        """Seconds since the pointer was read. One clock stands still in a snapshot, and the other may be set back."""
        return max(clock() - read_at for clock, read_at in self._read_at.items())

    def load(self, version: ModelVersion) -> LoadedModel:
        """Exactly this model. Raises ModelRefused, TagMissing, ModelUnavailable."""
        manifest = self._registry.manifest(version.tag)
        if manifest.version != version:
            raise ModelRefused(f"The manifest of {version.tag} names other bytes than the pointer does.")
        manifest.check_scan()
        warning = check_versions(manifest)
        tolerant = self._settings.version_mismatch == "warn"
        if warning is not None and not tolerant:
            raise ModelRefused(warning)
        predictor = Predictor(
            self._project,
            unpickle(self._registry.content(version), tolerant=tolerant),
            batch_rows=self._settings.batch_rows,
            memory=self._settings.predict_memory,
            seconds=self._settings.predict_timeout,
            threads=self._settings.predict_threads,
            before_predict=self._before_predict,
        )
        return LoadedModel(version=version, predictor=predictor, libraries=list(manifest.versions), warning=warning)

    def _refreshed(self) -> LoadedModel:
        try:
            pointer = self._registry.pointer()
        except ServingError as error:
            problem = f"the registry can't be read: {error}"
            if self._loaded is None:
                raise ModelUnavailable(problem) from error
            logger.error("%s; still serving %s", problem, self._loaded.version.tag)
            return self._loaded
        if pointer is None:
            raise ModelUnavailable("No model has been uploaded yet: run `cli upload BUCKET PATH --tag T`.")
        if pointer != self._pointer:
            self._pointer, self._refusals = pointer, {}
            if self._reporter is not None:
                self._reporter.forget()
        try:
            loaded = self._attempt(pointer.current)
        except ServingError as error:
            return self._instead(pointer, error)
        self._problem = None
        self._report(loaded)
        return loaded

    def _attempt(self, version: ModelVersion) -> LoadedModel:
        """The model, loaded unless it is already, or was refused before. Raises what `load` raises."""
        if self._loaded is not None and self._loaded.version == version:
            return self._loaded
        if version in self._refusals:
            raise ModelRefused(self._refusals[version])
        try:
            loaded = self.load(version)
        except ModelRefused as error:
            self._refusals[version] = str(error)
            raise
        logger.info("serving model %s, sha256 %s", version.tag, version.sha256)
        if loaded.warning is not None:
            logger.warning("%s", loaded.warning)
        return loaded

    def _instead(self, pointer: Pointer, cause: ServingError) -> LoadedModel:
        """What is loaded, else the previous model. Raises ModelUnavailable when that can't be loaded either."""
        problem = f"model {pointer.tag} can't be loaded: {cause}"
        found = self._loaded
        if found is None:
            try:
                if pointer.previous is None:
                    raise ModelUnavailable(problem) from cause
                try:
                    found = self._attempt(pointer.previous)
                except ServingError as error:
                    tag = pointer.previous.tag
                    raise ModelUnavailable(f"{problem}; nor can the previous one, {tag}: {error}") from error
            except ModelUnavailable as error:
                self._report(None, wanted=pointer.tag, problem=str(error))
                raise
        if problem != self._problem:
            logger.error("%s; serving %s instead", problem, found.version.tag)
            self._problem = problem
        self._report(found, wanted=pointer.tag, problem=problem)
        return found

    def _report(self, loaded: LoadedModel | None, *, wanted: str | None = None, problem: str | None = None) -> None:
        if self._reporter is None:
            return
        found = {name: installed(name) for name in sorted({*DATA_STACK, *(loaded.libraries if loaded else ())})}
        report = Report(
            model=loaded and loaded.version,
            wanted=wanted,
            problem=problem,
            schema_hash=self._project.schema_hash,
            libraries={name: version for name, version in found.items() if version is not None},
            python=platform.python_version(),
            at=now(),
        )
        self._reporter.tell(report)


def unpickle(content: bytes, *, tolerant: bool = False) -> Any:
    """The object in a pickle or joblib file. Runs the code in it: see SECURITY.md.

    Raises ModelRefused; when it is `tolerant`, not because it was pickled with another scikit-learn.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if tolerant else "error", InconsistentVersionWarning)
            return joblib.load(io.BytesIO(content)) if by_joblib(content) else pickle.loads(content)
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
