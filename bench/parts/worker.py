"""The Worker's call on arrays and on as many messages of one record, beside the bare Pipeline on the same rows."""

import gc
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import bare
from bench.adult_model import Record
from bench.backlog import Place, bodies, place, uploaded
from bench.row import Goal, Row
from bench.setting import Setting
from serving.local.event_source import EventSource
from worker.dead_letters import DeadLetterHandler
from worker.garbage import keep_loaded
from worker.main import Worker

TITLE = "worker: ms of CPU for a call, beside DataFrame(records) and predict_proba"
SIZES = (1, 10, 100, 1_000, 10_000)
GOALS = {1_000: Goal(limit=1.3), 10_000: Goal(limit=1.2)}
"""For arrays."""
ENOUGH = 0.1
"""Seconds of CPU after which the bare Pipeline has been called often enough in a round."""


@dataclass
class Timed:
    """The handler that an event source calls, and the CPU time of its calls."""

    worker: Worker
    seconds: float = 0.0

    def __call__(self, event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        started = time.process_time()
        answer = self.worker(event, context)
        self.seconds += time.process_time() - started
        return answer


class Calls:
    """Has a real Worker answer what stands in a real queue."""

    def __init__(self, place: Place, worker: Worker) -> None:
        self._place = place
        self._timed = Timed(worker)
        settings = place.settings
        self._source = EventSource(
            place.backend,
            worker=self._timed,
            dead_letters=DeadLetterHandler(place.backend, tries=settings.max_receives),
            name="bench",
            timeout=settings.worker_timeout,
            max_receives=settings.max_receives,
            batch_bytes=settings.batch_bytes,
        )

    def seconds(self, bodies: Sequence[bytes]) -> float:
        """CPU time of the calls that answer these. Raises RuntimeError when one has no result."""
        ids = self._place.send(self._place.messages(bodies))
        self._timed.seconds = 0.0
        while self._source.poll():
            pass
        rows = self._place.backend.predictions.get(ids)
        if not all(row is not None and row.status == "succeeded" for row in rows):
            raise RuntimeError("the worker did not answer all of it")
        return self._timed.seconds

    def close(self) -> None:
        self._source.close()


def measure(setting: Setting, *, sizes: Sequence[int] = SIZES, enough: float = ENOUGH) -> list[Row]:
    """In this process alone. Within a round each size meets the bare Pipeline, an array, and single records in turn."""
    pipeline = bare.load(setting.model)
    took: dict[int, list[tuple[float, float, float]]] = {size: [] for size in sizes}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        place(Path(folder) / "state", uploaded(Path(folder), setting.model)) as here,
    ):
        worker = Worker.build(here.settings, here.backend)
        keep_loaded()  # as the worker's process does; the bare Pipeline has as much of it
        with closing(Calls(here, worker)) as calls:
            for number in range(setting.rounds + 1):
                setting.say(f"worker: round {number} of {setting.rounds}" if number else "worker: warming up")
                for size in sizes:
                    found = _in_turns(calls, pipeline, setting.records(size), enough)
                    if number:
                        took[size].append(found)
        worker.close()
        gc.unfreeze()
    return [row for size in sizes for row in _rows(size, took[size])]


def _in_turns(calls: Calls, pipeline: Any, rows: list[Record], enough: float) -> tuple[float, float, float]:
    """Milliseconds: bare, in an array, one by one."""
    array, singles = bodies(rows, array=len(rows)), bodies(rows)
    floor = in_array = one_by_one = 0.0
    times = 0
    while not times or floor < enough:
        times += 1
        started = time.process_time()
        bare.predict(pipeline, rows)
        floor += time.process_time() - started
        in_array += calls.seconds(array)
        one_by_one += calls.seconds(singles)
    return floor / times * 1e3, in_array / times * 1e3, one_by_one / times * 1e3


def _rows(size: int, took: Sequence[tuple[float, float, float]]) -> list[Row]:
    records_said = f"{size:,} record{'s' if size > 1 else ''}"
    floor = [bare_ms for bare_ms, _, _ in took]
    array = Row(
        name=f"an array of {records_said}",
        unit="ms",
        ours=[ms for _, ms, _ in took],
        beside=floor,
        goal=GOALS.get(size),
    )
    singles = Row(
        name=f"{size:,} message{'s' if size > 1 else ''} of one", unit="ms", ours=[ms for *_, ms in took], beside=floor
    )
    return [array, singles]
