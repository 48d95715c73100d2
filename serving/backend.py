"""The composition root of both Lambdas: connect(settings) imports the backend that was chosen, and no other."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.errors import SettingsError
from serving.models import ModelRegistry
from serving.ports import DeadLetters, PredictionQueue, PredictionStore, ResultSignal
from serving.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One adapter for each port. `results` makes a signal for the process that waits for results."""

    queue: PredictionQueue
    dead_letters: DeadLetters
    predictions: PredictionStore
    registry: ModelRegistry
    results: Callable[[], ResultSignal]


def connect(settings: Settings) -> Backend:
    """The backend that BACKEND names. Raises SettingsError for one that this version does not have."""
    if settings.backend == "local":
        from serving.local.connect import connect_local

        return connect_local(settings)
    raise SettingsError("BACKEND=aws comes with the next version; BACKEND=local is the default.")
