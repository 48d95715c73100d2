"""Backend: one adapter for each port, as the API, the worker and the CLI are given them."""

from collections.abc import Callable
from dataclasses import dataclass

from serving.models import ModelRegistry
from serving.ports import DeadLetters, FeatureStore, PredictionQueue, PredictionStore, ResultSignal


@dataclass(frozen=True, kw_only=True)
class Backend:
    """`results` makes a signal for the process that waits for results."""

    queue: PredictionQueue
    dead_letters: DeadLetters
    predictions: PredictionStore
    registry: ModelRegistry
    features: FeatureStore
    results: Callable[[], ResultSignal]

    def disconnect(self) -> None:
        """Give up connections that are open; the next call makes new ones."""
