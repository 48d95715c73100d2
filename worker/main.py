"""Worker(event, context): what the SQS trigger calls with a batch of messages."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from serving.adapters import Backend
from serving.errors import ModelUnavailable, Unavailable
from serving.prediction import Code, Failure
from serving.project import Project
from serving.settings import Settings
from worker.batch import Batch, Job, batches
from worker.child import model_source
from worker.intake import Intake
from worker.later import try_later
from worker.lookup import Lookup
from worker.model import LoadedModel, ModelSource
from worker.outcome import Outcome, outcome
from worker.quarantine import Quarantine
from worker.rejections import log_rejections, rejections
from worker.reporter import Reporter
from worker.tally import Tally

logger = logging.getLogger(__name__)

RESERVE = 2.0
"""Seconds kept at the end of an invocation to write answers."""


class Worker:
    """Predicts first deliveries in this process, redelivered ones in quarantine; one model for the whole batch."""

    def __init__(
        self,
        *,
        backend: Backend,
        project: Project,
        settings: Settings,
        models: ModelSource,
        quarantine: Quarantine,
        on_model: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_model` is called when the first model has been loaded, and after each other one."""
        self._backend = backend
        self._settings = settings
        self._models = models
        self._quarantine = quarantine
        self._intake = Intake(backend, project)
        self._lookup = Lookup(project, backend.features)
        self._tally = Tally()
        self._on_model = on_model
        self._model: LoadedModel | None = None

    @classmethod
    def build(
        cls, settings: Settings, backend: Backend, *, patient: bool = False, on_model: Callable[[], None] = lambda: None
    ) -> "Worker":
        """The worker with its parts, the model loaded. Raises ConfigurationError, ModelUnavailable.

        A `patient` worker starts without a model too: its messages wait in the queue, with growing pauses.
        """
        project = Project.load(settings.project_dir, dressed=False)
        worker = cls(
            backend=backend,
            project=project,
            settings=settings,
            models=model_source(settings, backend, project, reporter=Reporter(backend.predictions)),
            quarantine=Quarantine(settings),
            on_model=on_model,
        )
        try:
            worker._current()
        except ModelUnavailable as error:
            if not patient:
                raise
            logger.error("no model yet: %s", error)
        return worker

    def refresh(self) -> None:
        """Follow the pointer although nothing is to be predicted: for a process that waits for work."""
        try:
            self._current()
        except ModelUnavailable as error:
            logger.error("%s", error)

    def _current(self) -> LoadedModel:
        """Raises ModelUnavailable."""
        model = self._models.current()
        if model is not self._model:
            self._model = model
            self._on_model()
        return model

    def close(self) -> None:
        """End the quarantine's child."""
        self._quarantine.close()

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer what can be answered; name the messages that the queue must deliver again."""

        def seconds_left() -> float:
            return float(context.get_remaining_time_in_millis()) / 1000 - RESERVE

        jobs, failures = self._intake.open(event["Records"])
        if jobs:
            try:
                failures += self._answer(jobs, self._current(), seconds_left)
            except ModelUnavailable as error:
                failures += self._try_later(jobs, str(error))
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failures]}

    def _answer(self, jobs: Sequence[Job], model: LoadedModel, seconds_left: Callable[[], float]) -> list[str]:
        """Predict and write; returns the ids of the messages to deliver again.

        Whatever stands first is decided, however long it takes: a suspect that comes first goes before fresh messages.
        """
        fresh = [job for job in jobs if not job.suspect]
        suspects = [job for job in jobs if job.suspect]
        failures: list[str] = []
        tried = jobs[0].suspect
        if tried:
            failures += self._in_quarantine(suspects, model, seconds_left, tried=False)
            suspects = []
        more, killers, tried = self._in_process(fresh, model, seconds_left, tried=tried)
        return failures + more + self._in_quarantine(killers + suspects, model, seconds_left, tried=tried)

    def _in_process(
        self, jobs: Sequence[Job], model: LoadedModel, seconds_left: Callable[[], float], *, tried: bool
    ) -> tuple[list[str], list[Job], bool]:
        """Predict here; returns the ids to deliver again, what must go to quarantine, and whether any was decided."""
        failures: list[str] = []
        suspects: list[Job] = []
        for batch in batches(jobs, self._settings):
            if batch.error is not None:
                failures += self._intake.unreadable(batch.jobs[0], batch.error)
                continue
            try:
                outcomes = self._predict(batch, model, seconds_left, first=not tried)
                failures += self._settle(batch.jobs, outcomes, model)
                tried = True
            except Unavailable as error:
                failures += self._try_later(batch.jobs, str(error))
            except MemoryError:
                logger.error("a predict of %d messages went over PREDICT_MEMORY", len(batch.jobs))
                suspects += [job.suspected() for job in batch.jobs]
        return failures, suspects, tried

    def _in_quarantine(
        self, jobs: Sequence[Job], model: LoadedModel, seconds_left: Callable[[], float], *, tried: bool
    ) -> list[str]:
        """Predict in the child; without `tried` its first message is decided, however little time there is."""
        failures: list[str] = []
        for batch in batches(jobs, self._settings):
            if batch.error is not None:
                failures += self._intake.unreadable(batch.jobs[0], batch.error)
                continue
            if tried and seconds_left() < self._quarantine.seconds_needed:
                failures += self._return(batch.jobs)
                continue
            logger.warning("%d messages are predicted in quarantine", len(batch.jobs))
            try:
                questions = self._lookup.questions(batch.messages, batch.rows)
                outcomes = self._quarantine.predict(model.version, questions, seconds_left)
                failures += self._settle(batch.jobs, outcomes, model, alone=True)
            except Unavailable as error:
                failures += self._try_later(batch.jobs, str(error))
            tried = True
        return failures

    def _predict(
        self, batch: Batch, model: LoadedModel, seconds_left: Callable[[], float], *, first: bool
    ) -> list[Outcome | None]:
        """In this process. With `first` nothing was before: the first message has all the time there is.

        Raises MemoryError, StoreUnavailable.
        """
        started = time.perf_counter()
        groups = self._lookup.groups(batch.rows)
        seconds = seconds_left()  # after the look-up, which may have taken its time
        answers = model.predictor.predict(groups, seconds)
        outcomes: list[Outcome | None] = []
        for message, own in zip(batch.messages, answers, strict=True):
            if lines := rejections(own):
                log_rejections(message.prediction_id, lines)
            limit = self._settings.max_result
            outcomes.append(None if own is None else outcome(own, many=message.many, max_result=limit))
        if outcomes[0] is None and first and seconds > self._settings.worker_timeout / 2:
            said = f"The model did not finish with this in {seconds:.0f} seconds: send fewer records at once."
            outcomes[0] = Failure(code=Code.MODEL_TIMEOUT, message=said)
        self._tally.add(sum(map(len, batch.rows)), len(batch.jobs), time.perf_counter() - started, model.version.tag)
        return outcomes

    def _settle(
        self, jobs: Sequence[Job], outcomes: Sequence[Outcome | None], model: LoadedModel, *, alone: bool = False
    ) -> list[str]:
        """Write the answers; what the time did not suffice for, and what can't be written, is delivered again."""
        undecided: list[Job] = []
        decided: dict[bool, list[tuple[Job, Outcome]]] = {False: [], True: []}
        for job, found in zip(jobs, outcomes, strict=True):
            if found is None:
                undecided.append(job)
            else:
                decided[job.message.redriven].append((job, found))
        again = self._return(undecided, alone=alone)
        for redriven, part in decided.items():
            try:
                self._write(part, model, redriven)
            except Unavailable as error:
                again += self._try_later([job for job, _ in part], str(error))
        return again

    def _write(self, pairs: Sequence[tuple[Job, Outcome]], model: LoadedModel, redriven: bool) -> None:
        if not pairs:
            return
        now = int(time.time() * 1000)
        each_told = logger.isEnabledFor(logging.DEBUG)
        for job, found in pairs:
            if isinstance(found, Failure):
                logger.warning("prediction_id=%s failed: %s", job.message.prediction_id, found.code)
            elif each_told:
                logger.debug("prediction_id=%s succeeded", job.message.prediction_id)
        self._backend.predictions.finish(
            [job.message.answered(found, model=model.version, warning=model.warning, now=now) for job, found in pairs],
            redriven=redriven,
        )

    def _return(self, jobs: Sequence[Job], *, alone: bool = False) -> list[str]:
        """What the time did not suffice for goes to the end of the queue, as a new message: it was not tried.

        What is suspect stays so. The first message of a call is always decided, so that each has its turn.
        Returns the ids of the messages for which this can't be done.
        """
        if not jobs:
            return []
        logger.info("%d messages are returned to the queue: the time did not suffice", len(jobs))
        try:
            self._backend.queue.send([job.message._replace(suspect=job.suspect, alone=alone) for job in jobs])
        except Unavailable as error:
            return self._try_later(jobs, str(error))
        return []

    def _try_later(self, jobs: Sequence[Job], problem: str) -> list[str]:
        """The service's fault: each time later still."""
        logger.error("%d messages are tried again later: %s", len(jobs), problem)
        for job in jobs:
            name = f"prediction_id={job.message.prediction_id}"
            try_later(self._backend.queue, handle=job.handle, receives=job.receives, name=name)
        return [job.message_id for job in jobs]
