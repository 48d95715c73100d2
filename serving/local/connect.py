"""Puts the embedded backend together, for the API, the worker and the CLI alike."""

from dataclasses import dataclass
from pathlib import Path

from serving.adapters import Backend
from serving.local.bell import Bell, Listener
from serving.local.database import Database
from serving.local.features import LocalFeatures
from serving.local.models import FolderBucket
from serving.local.predictions import LocalPredictions
from serving.local.queue import LocalDeadLetters, LocalQueue
from serving.models import ModelRegistry
from serving.settings import Settings


@dataclass(frozen=True, kw_only=True)
class LocalBackend(Backend):
    """The backend with what only the event source needs: the queue's other end, and both bells."""

    queue: LocalQueue
    dead_letters: LocalDeadLetters
    predictions: LocalPredictions
    work_bells: Path
    database: Database
    bells: tuple[Bell, Bell]

    def close(self) -> None:
        """Give back the sockets and this thread's connection."""
        self.database.close()
        for bell in self.bells:
            bell.close()


def connect_local(settings: Settings) -> LocalBackend:
    """Opens nothing yet: the first call of a port does."""
    state = settings.state_dir
    database = Database(state / "state.db", synchronous=settings.sqlite_synchronous)
    work, results = state / "bells" / "work", state / "bells" / "results"
    bells = Bell(work), Bell(results)
    return LocalBackend(
        queue=LocalQueue(database, bells[0]),
        dead_letters=LocalDeadLetters(database),
        predictions=LocalPredictions(database, bells[1]),
        registry=ModelRegistry(bucket=FolderBucket(settings.models_at), service=settings.service, stage=settings.stage),
        features=LocalFeatures(database),
        results=lambda: Listener(results, "api"),
        work_bells=work,
        database=database,
        bells=bells,
    )
