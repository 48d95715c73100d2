"""Predicts redelivered work in a child process, so that what kills it kills nothing else.

The child answers the whole batch at once. When it dies on it, a new child takes the messages one by one: each killer
costs one process more, and every other message gets its answer in the same invocation.
"""

import json
import logging
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from serving.errors import ModelUnavailable
from serving.prediction import Code, Failure, ModelVersion
from serving.settings import Settings
from worker.outcome import Outcome
from worker.question import Question
from worker.rejections import log_rejections

logger = logging.getLogger(__name__)

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from worker.child import main; main(sys.argv[2])"
LOAD_SECONDS = 60.0
FIRST_LOAD_SECONDS = 3.0
Answer = dict[str, Any]
SecondsLeft = Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Death:
    """Why the child gave no answer."""

    code: Code
    message: str


class Quarantine:
    """A child with its own copy of the model; started when it is first needed, and again after each death."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: _Child | None = None
        self._load_seconds = FIRST_LOAD_SECONDS

    @property
    def seconds_needed(self) -> float:
        """What the next predict may take at most: its time-out, and a child to start if there is none."""
        ready = self._child is not None and self._child.loading is None
        return self._settings.predict_timeout + (0 if ready else self._load_seconds)

    def predict(
        self, version: ModelVersion, questions: Sequence[Question], seconds_left: SecondsLeft
    ) -> list[Outcome | None]:
        """What becomes of each question; None for one that the time did not suffice for: it must come back `alone`.

        At least one is always decided, however little time there is. Raises ModelUnavailable when a child
        can't load the model.
        """
        outcomes: dict[int, Outcome | None] = {}
        together = [place for place, question in enumerate(questions) if not question.alone]
        if together:
            batch = [questions[place] for place in together]
            answer = self._ask(version, batch, seconds_left)
            if not isinstance(answer, _Death):
                outcomes = dict(zip(together, answer, strict=True))
            elif len(batch) == 1:
                outcomes = {together[0]: self._condemned(batch[0], answer)}
            else:
                logger.warning("%s: %d messages are predicted one by one now", answer.message, len(batch))
        for place, question in enumerate(questions):
            if place in outcomes:
                continue
            if (outcomes or together) and seconds_left() < self.seconds_needed:
                outcomes[place] = None  # nobody is judged without the full time before him
                continue
            answer = self._ask(version, [question], seconds_left)
            outcomes[place] = self._condemned(question, answer) if isinstance(answer, _Death) else answer[0]
        return [outcomes[place] for place in range(len(questions))]

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _condemned(self, question: Question, death: _Death) -> Failure:
        logger.error("prediction_id=%s %s: %s", question.prediction_id, death.code, death.message)
        return Failure(code=death.code, message=death.message)

    def _ask(
        self, version: ModelVersion, questions: Sequence[Question], seconds_left: SecondsLeft
    ) -> list[Outcome | None] | _Death:
        child = self._with_model(version, seconds_left)
        seconds = max(1.0, seconds_left() - 1.0)
        child.send({"predict": [question.to_plain() for question in questions], "seconds": seconds})
        patience = self._settings.predict_timeout
        try:
            answer = child.receive(lambda: min(patience, max(1.0, seconds_left())))
        except TimeoutError:
            judged = seconds_left() > 0 or len(questions) == 1
            self.close()
            if not judged:
                return [None] * len(questions)
            return _Death(Code.MODEL_TIMEOUT, f"The model did not finish with this in {patience:g} seconds")
        if answer is None:
            ending = child.ending()
            self.close()
            return ending
        if answer.get("out_of_memory"):
            text = f"The model needs more than {self._settings.predict_memory} MiB for this"
            return _Death(Code.MODEL_OUT_OF_MEMORY, text)
        for question, lines in zip(questions, answer["rejections"], strict=True):
            log_rejections(question.prediction_id, lines)
        outcomes = [_outcome(o) for o in answer["outcomes"]]
        if len(questions) == 1 and outcomes[0] is None and seconds >= patience:
            return _Death(Code.MODEL_TIMEOUT, f"The model did not finish with this in {seconds:.0f} seconds")
        return outcomes

    def _with_model(self, version: ModelVersion, seconds_left: SecondsLeft) -> "_Child":
        """A child that has this model loaded. Raises ModelUnavailable.

        One that needs longer than there is time goes on loading, for the next call.
        """
        if self._child is not None and self._child.loading not in {None, version}:
            self.close()
        old = self._child is not None and self._child.loading is None
        child = self._child = self._child or _Child(self._settings)
        if child.loading is None:
            child.send({"load": {"tag": version.tag, "sha256": version.sha256}})
            child.loading = version
        begun = time.monotonic()
        try:
            answer = child.receive(lambda: max(1.0, min(LOAD_SECONDS - child.waited, seconds_left())))
        except TimeoutError:
            child.waited += time.monotonic() - begun
            if child.waited >= LOAD_SECONDS:
                self.close()
                raise ModelUnavailable("the child process took too long to load the model") from None
            raise ModelUnavailable("the child process is still loading the model") from None
        child.loading = None
        if answer is None and old:  # it was ended between two batches
            self.close()
            return self._with_model(version, seconds_left)
        if answer is None or "unavailable" in answer:
            self.close()
            raise ModelUnavailable((answer or {}).get("unavailable", "the child process ended while loading the model"))
        if not old:
            self._load_seconds = child.waited + time.monotonic() - begun
        child.waited = 0.0
        return child


class _Child:
    """The process and its two pipes: one line of JSON each way."""

    def __init__(self, settings: Settings) -> None:
        self.loading: ModelVersion | None = None
        self.waited = 0.0  # seconds, for the model to be loaded
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(sys.path), settings.model_dump_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, request: Answer) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:  # it is dead; receive() tells
            return

    def receive(self, patience: Callable[[], float]) -> Answer | None:
        """The next answer; None when the process has ended. Raises TimeoutError.

        `patience` gives the seconds for each predict: the child says when one begins.
        """
        while True:
            try:
                line = self._lines.get(timeout=patience())
            except queue.Empty:
                raise TimeoutError from None
            answer = json.loads(line) if line else None
            if answer is None or "predicting" not in answer:
                return answer

    def ending(self) -> _Death:
        """How the process ended."""
        code = self._process.wait()
        if code < 0:
            name = signal.Signals(-code).name
            if name == "SIGKILL":  # we did not send it: the system does, when memory runs out
                return _Death(Code.MODEL_OUT_OF_MEMORY, "The system ended the model's process: it took too much memory")
            return _Death(Code.MODEL_CRASHED, f"The model's process crashed with {name}")
        return _Death(Code.MODEL_CRASHED, f"The model's process ended by itself with exit code {code}")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except OSError:  # unsent bytes to a dead process
                continue

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._lines.put(line)
        except ValueError:  # kill() closed the pipe
            return
        self._lines.put(b"")


def _outcome(answer: Answer | None) -> Outcome | None:
    if answer is None:
        return None
    if "result" in answer:
        return str(answer["result"]).encode()
    return Failure(code=Code(answer["code"]), message=answer["message"])
