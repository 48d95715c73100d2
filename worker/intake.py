"""SQS records -> jobs that are worth predicting: readable, unexpired, valid under the schema that is deployed."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from serving.adapters import Backend
from serving.errors import PayloadLost, Unavailable
from serving.message import Message
from serving.prediction import Code, Failure
from serving.project import Project
from serving.redaction import told, trace, without_paths
from worker.batch import Job
from worker.dead_letters import give_up, letter
from worker.later import try_later
from worker.separate import describe

logger = logging.getLogger(__name__)


class Intake:
    """Settles at once what no model can answer."""

    def __init__(self, backend: Backend, project: Project) -> None:
        self._backend = backend
        self._project = project

    def open(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[Job], list[str]]:
        """The jobs, and the ids of the messages that must be delivered again: those are postponed."""
        jobs, failures = [], []
        self._backend.queue.expect([record["body"] for record in records])
        for record in records:
            try:
                job = self._opened_or_kept(record)
                if job is not None:
                    jobs.append(job)
            except Exception as error:  # mostly Unavailable; whatever it is, no message takes the batch with it
                logger.error("message %s is delivered again: %s", record["messageId"], told(error))
                name = f"message {record['messageId']}"
                try_later(self._backend.queue, handle=record["receiptHandle"], receives=_receives(record), name=name)
                failures.append(record["messageId"])
        return jobs, failures

    def unreadable(self, job: Job, error: ValueError) -> list[str]:
        """Keep a message whose records are none; its id, if that can't be done and it must be delivered again."""
        record = {"messageId": job.message_id, "body": job.message.to_text()}
        try:
            give_up(self._backend, record, error)
        except Unavailable as fault:
            logger.error("message %s is delivered again: %s", job.message_id, fault)
            name = f"prediction_id={job.message.prediction_id}"
            try_later(self._backend.queue, handle=job.handle, receives=job.receives, name=name)
            return [job.message_id]
        return []

    def _opened_or_kept(self, record: Mapping[str, Any]) -> Job | None:
        try:
            return self._opened(record)
        except Unavailable:
            raise
        except Exception as error:  # anybody may have written the text: it is kept to be looked at, retries can't help
            give_up(self._backend, record, error)
            return None

    def _opened(self, record: Mapping[str, Any]) -> Job | None:
        lost = None
        try:
            message = self._backend.queue.open(record["body"])
        except PayloadLost as error:
            message, lost = error.head, error
        if message.expires_at <= time.time() * 1000:
            logger.warning("prediction_id=%s expired unpredicted", message.prediction_id)
            return None
        if lost is not None:
            self._fail(message, Code.INPUT_LOST, str(lost))
            return None
        valid = message if message.schema_hash == self._project.schema_hash else self._revalidated(message)
        if valid is None:
            return None
        return Job(valid, record["messageId"], record["receiptHandle"], _receives(record))

    def _revalidated(self, message: Message) -> Message | None:
        """The message under today's schema, new fields filled with their defaults; None when it fails for good."""
        try:
            payload = to_json(message.records()) if message.columns else message.payload
            payload = self._project.revalidate(payload, many=message.many)
        except Exception as error:  # the user's validators may raise anything, and pydantic lets most of it through
            reason = f"The schema has changed since this was accepted: {_said(error)}"
            self._backend.dead_letters.keep(letter(message, reason))
            logger.info("prediction_id=%s %s", message.prediction_id, trace(error))
            self._fail(message, Code.SCHEMA_CHANGED, reason)
            return None
        return message._replace(payload=payload, columns=0, schema_hash=self._project.schema_hash)

    def _fail(self, message: Message, code: Code, reason: str) -> None:
        logger.warning("prediction_id=%s failed: %s", message.prediction_id, code)
        failure = Failure(code=code, message=reason)
        answer = message.answered(failure, now=int(time.time() * 1000))
        self._backend.predictions.finish([answer], redriven=message.redriven)


def _said(error: Exception) -> str:
    """What a client is told."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {without_paths(first['msg'])}"
    return describe(error)


def _receives(record: Mapping[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])
