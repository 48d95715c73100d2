"""Plays Lambda's SQS trigger on one machine: builds the event, calls the very same Worker(event, context)."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from serving.errors import Unavailable
from serving.local.bell import Listener
from serving.local.connect import LocalBackend
from serving.local.pace import Pace
from serving.local.queue import Received
from serving.local.watchdog import Watchdog

logger = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any], Any], Mapping[str, Any]]
LOOK_SECONDS = 0.5
SWEEP_SECONDS = 60.0
LEASE_MARGIN = 10.0
"""Seconds. A lease outlives the longest batch, so that only the dead lose theirs."""


class Context:
    """What a handler may ask of Lambda's context."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class EventSource:
    """Feeds one worker from the local queue until it is stopped."""

    def __init__(
        self,
        backend: LocalBackend,
        *,
        worker: Handler,
        dead_letters: Handler,
        name: str,
        timeout: float,
        max_receives: int,
        batch_bytes: int,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        """`idle` is called when nothing waits, about every LOOK_SECONDS."""
        self._backend = backend
        self._worker = worker
        self._dead_letters = dead_letters
        self._name = name
        self._timeout = timeout
        self._watchdog = Watchdog(timeout)
        self._lease = timeout + LEASE_MARGIN
        self._max_receives = max_receives
        self._batch_bytes = batch_bytes
        self._idle = idle
        self._pace = Pace(timeout)
        self._stopping = False
        self._sweep_at = time.monotonic()
        self._bell = Listener(backend.work_bells, name)

    def stop(self) -> None:
        """Finish the batch in hand, then return from `run`."""
        self._stopping = True
        self._bell.wake()

    def close(self) -> None:
        """Hear no bell any more."""
        self._bell.close()

    def run(self) -> None:
        """Poll until stopped. What another process of this name had leased when it died is released first."""
        released = False
        while not self._stopping:
            try:
                if not released:
                    released, count = True, self._backend.queue.release(self._name)
                    if count:
                        logger.warning("%d messages of a worker that died are delivered again", count)
                self._sweep()
                if not self._poll():
                    self._watchdog.rest()
                    self._idle()
                    self._wait()
            except Unavailable as error:
                self._watchdog.rest()
                logger.error("%s: trying again", error)
                self._bell.wait(LOOK_SECONDS)
        self._watchdog.rest()

    def poll(self) -> bool:
        """Receive and handle one batch; False when nothing is visible. Raises Unavailable."""
        try:
            return self._poll()
        finally:
            self._watchdog.rest()

    def _poll(self) -> bool:
        self._gather()
        received = self._backend.queue.receive(
            owner=self._name, lease=self._lease, most=self._pace.most, most_bytes=self._batch_bytes
        )
        if not received:
            return False
        dying = [message for message in received if message.receives > self._max_receives]
        living = [message for message in received if message.receives <= self._max_receives]
        started = time.monotonic()
        for handler, messages in ((self._worker, living), (self._dead_letters, dying)):
            if messages:
                self._call(handler, messages)
        self._pace.took(len(received), time.monotonic() - started)
        return True

    def _gather(self) -> None:
        """Let the next batch become as large as `Pace` expects it, if it does so in time."""
        expected, until = min(self._pace.expected, self._pace.most), self._pace.until()
        count: int | None = None
        while expected > 1 and not self._stopping and (left := until - time.monotonic()) > 0:
            if count is None:  # what has rung is in the queue already: only what comes from now on is added
                self._bell.clear()
                count = self._backend.queue.visible(expected, lease=self._lease)
            if count >= expected:
                return
            new = self._bell.wait(left)
            count = None if new is None else count + new

    def _call(self, handler: Handler, messages: Sequence[Received]) -> None:
        self._watchdog.begin()
        try:
            answer = handler({"Records": [_record(message) for message in messages]}, Context(self._timeout))
        except Exception:  # as Lambda does: the whole batch is delivered again, and the log says why
            logger.exception("the handler failed; its %d messages are delivered again", len(messages))
            for message in messages:
                self._backend.queue.postpone(message.id, min(2.0 ** (message.receives - 1), 900))
            return
        finally:
            self._watchdog.end()
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        self._backend.queue.delete([message.id for message in messages if message.id not in failed])

    def _wait(self) -> None:
        soon = self._backend.queue.next_visible()
        self._bell.wait(LOOK_SECONDS if soon is None else min(soon, LOOK_SECONDS))

    def _sweep(self) -> None:
        if time.monotonic() < self._sweep_at:
            return
        self._watchdog.rest()
        self._sweep_at = time.monotonic() + SWEEP_SECONDS
        while self._backend.predictions.sweep():
            pass
        self._backend.queue.sweep()
        self._backend.dead_letters.sweep()


def _record(message: Received) -> dict[str, Any]:
    """What our handlers read of an SQS record."""
    return {
        "messageId": message.id,
        "receiptHandle": message.id,
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
    }
