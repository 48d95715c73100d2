"""Records -> DataFrame -> Pipeline -> answers: one predict for the whole batch, and each bad row found."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import NotFittedError, check_is_fitted

from serving.errors import ModelRefused
from serving.prediction import Code
from serving.project import Project
from worker.by_position import by_position, same
from worker.frame import Frame
from worker.limits import memory_limit
from worker.outcome import Answer, RowError
from worker.output import Output
from worker.question import Group
from worker.separate import Budget, describe, separate
from worker.table import Table
from worker.threads import Threads

logger = logging.getLogger(__name__)


class Predictor:
    """A Pipeline that fits its project's schema."""

    def __init__(
        self,
        project: Project,
        pipeline: Any,
        *,
        batch_rows: int,
        memory: int,
        seconds: float,
        threads: int | None = 1,
        before_predict: Callable[[], None] = lambda: None,
    ) -> None:
        """`memory` in MiB, `seconds` and `threads` are what one predict may take; `before_predict` is told of each.

        Of `threads` None means one for each core.
        Raises ModelRefused with what to change.
        """
        check_pipeline(pipeline)
        self._frame = Frame(project, pipeline)
        self._output = Output(pipeline)
        self._batch_rows = batch_rows
        self._memory = memory
        self._seconds = seconds
        self._before_predict = before_predict
        self._threads = Threads(threads)
        self.feature_names = self._frame.feature_names
        self.classes = self._output.classes
        self._first_step: Any | None = None
        self._row_seconds = 0.0  # what one row is thought to take
        started = time.monotonic()
        try:
            self._try(project)  # the first predict is slow, too: libraries start their threads
        except Exception as error:  # the user's model may raise anything
            problem = f"The model can't predict the project's example: {describe(error).rstrip('.')}."
            if project.example_is_given:
                raise ModelRefused(problem) from error
            logger.warning("%s It was made from the schema: put a real record into example.json.", problem)
        self._row_seconds = max(time.monotonic() - started, 1e-6)

    def _try(self, project: Project) -> None:
        example = Table.of([[project.example_with_features]], self._frame.columns)
        begun = self._by_position(example)
        try:
            self._attempt(example, begun)
        except Exception:  # the user's model may raise anything
            if not self._frame.undetermined:
                raise
            self._frame.named = False
            try:
                self._attempt(example)
            except Exception:
                self._frame.named = True
                raise

    def _by_position(self, example: Table) -> Any | None:
        """What the first step makes of the example by position, if that is the same: so it is asked from now on."""
        given = self._output.first_step
        if given is None or not self._frame.named or example.errors:
            return None
        try:
            found = by_position(given, {name: self._frame.kinds[name] for name in self._frame.columns})
            if found is None:
                return None
            expected = given.transform(self._frame.build(example.columns, example.count))
            begun = found.transform(self._frame.matrix(example.columns, example.count))
            self._first_step = found if same(begun, expected) else None
            return begun if self._first_step is not None else None
        except Exception:  # the user's model may raise anything: told when it is asked as it wants to be
            return None

    def predict(self, groups: Sequence[Group], seconds: float) -> list[list[Answer] | None]:
        """The answers of each group of rows, in order; None for a group that `seconds` did not suffice for.

        A bad row never costs another group its answer. Raises MemoryError when a predict went over its limit.
        """
        deadline = time.monotonic() + seconds
        answers = self._in_windows(Table.of(groups, self._frame.columns), deadline)
        undecided = len(groups) > 1 and any(map(_undecided, answers))
        found: list[list[Answer] | None] = []
        start = 0
        for group in groups:
            own = answers[start : start + len(group)]
            start += len(group)
            if undecided and any(map(_undecided, own)):  # it lacks an answer because of its neighbours
                own = self._in_windows(Table.of([group], self._frame.columns), deadline)
            found.append(own if len(own) == len(group) else None)
        return found

    def _in_windows(self, rows: Table, deadline: float) -> list[Answer]:
        """The answers of the first rows, of as many as there is time for: a slow model gets small windows."""
        answers: list[Answer] = []
        while len(answers) < rows.count:
            left = deadline - time.monotonic()
            if left <= 0 or (answers and left < self._row_seconds):
                break
            # The estimate may be wrong by a factor of three.
            size = min(self._batch_rows, max(1, int(min(left, self._seconds) / self._row_seconds / 3)))
            window = rows.part(len(answers), len(answers) + size)
            started = time.monotonic()
            answers += self._separate(window, deadline)
            given = window.count - len(window.errors)
            if given:  # the others say nothing of the model's speed
                self._row_seconds = max((time.monotonic() - started) / given, 1e-6)
        return answers

    def _separate(self, rows: Table, deadline: float) -> list[Answer]:
        now = time.monotonic()
        return separate(
            rows.count,
            lambda start, end: self._attempt(rows.part(start, end)),
            Budget(deadline=now + (deadline - now) / 3),
        )

    def _attempt(self, rows: Table, begun: Any | None = None) -> list[Answer]:
        """One predict for all that can be given to the model; the others' errors are their answers.

        `begun` is what the first step has made of the rows already.
        """
        given = rows.given()
        if not given.count:
            return [*rows.errors.values()]
        self._before_predict()
        expected = given.count * self._row_seconds
        with self._threads.enough_for(given.count, expected) as more, memory_limit(self._memory + more):
            answers = self._answers(given, self._begun(given) if begun is None else begun)
        if not rows.errors:
            return answers
        rest = iter(answers)
        return [rows.errors[place] if place in rows.errors else next(rest) for place in range(rows.count)]

    def _answers(self, rows: Table, begun: Any | None) -> list[Answer]:
        if begun is not None:
            return self._output.answers(begun, rows.count, begun=True)
        return self._output.answers(self._frame.build(rows.columns, rows.count), rows.count)

    def _begun(self, rows: Table) -> Any | None:
        """What the first step makes of the rows by position; None where it has to be given a DataFrame."""
        if self._first_step is None:
            return None
        try:
            return self._first_step.transform(self._frame.matrix(rows.columns, rows.count))
        except MemoryError:
            raise
        except Exception as error:  # what is wrong is said as scikit-learn says it of a DataFrame
            logger.debug("not begun by position: %s", describe(error))
            return None


def _undecided(answer: Answer) -> bool:
    return isinstance(answer, RowError) and answer.code is Code.NOT_SEPARATED


def check_pipeline(pipeline: Any) -> None:
    if not isinstance(pipeline, Pipeline):
        raise ModelRefused(
            f"The file holds a {type(pipeline).__name__}, not a scikit-learn Pipeline: "
            "put all steps from the raw columns to the prediction into one Pipeline and pickle that."
        )
    if not hasattr(pipeline, "predict"):
        last = type(pipeline.steps[-1][1]).__name__ if pipeline.steps else "nothing"
        raise ModelRefused(f"The Pipeline can't predict: its last step is {last}. End it with an estimator.")
    try:
        check_is_fitted(pipeline)
    except NotFittedError as error:
        raise ModelRefused("The Pipeline is not fitted: call fit before it is pickled.") from error
