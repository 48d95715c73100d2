"""Each step of a prediction by itself, in this process: microseconds of CPU for a request, a message or a record."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from app.body import BodyReader
from app.main import create_app
from bench import bare
from bench.adult_model import Record
from bench.asgi import post
from bench.backlog import Place, bodies, place, uploaded
from bench.row import Row
from bench.setting import Setting
from serving.prediction import ModelVersion, Prediction
from worker.frame import Frame
from worker.lookup import Lookup
from worker.output import Output
from worker.table import Table

TITLE = "micro: µs of CPU for each step, beside the bare Pipeline's own where it has one"
ENOUGH = 0.1
"""Seconds of CPU of a step in a round."""
GROUP = 100
ROWS = 1_000
LEASE = 60.0
MODEL = ModelVersion(tag="v1", sha256="0" * 64)
Step = Callable[[], float]
"""Does it for a group; the CPU seconds for one of them. What has to be ready before is not counted."""


def measure(setting: Setting, *, enough: float = ENOUGH) -> list[Row]:
    """The steps take turns."""
    given = setting.records(ROWS)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        place(Path(folder) / "state", uploaded(Path(folder), setting.model)) as here,
        asyncio.Runner() as loop,
    ):
        alone = {**_api(here, loop, given), **_stored(here, given)}
        pairs = {**{name: [step] for name, step in alone.items()}, **_model(here, given, setting.model)}
        found: dict[str, list[list[float]]] = {name: [] for name in pairs}
        for number in range(setting.rounds + 1):
            setting.say(f"micro: round {number} of {setting.rounds}" if number else "micro: warming up")
            for name, steps in pairs.items():
                taken = [_repeated(step, enough) * 1e6 for step in steps]
                if number:
                    found[name].append(taken)
    return [
        Row(name=name, unit="µs", ours=[each[0] for each in took], beside=[each[1] for each in took if len(each) > 1])
        for name, took in found.items()
    ]


def _repeated(step: Step, enough: float) -> float:
    """The mean of as many as take `enough` seconds of CPU."""
    taken: list[float] = []
    until = time.process_time() + enough
    while not taken or time.process_time() < until:
        taken.append(step())
    return sum(taken) / len(taken)


def _timed(call: Callable[[], object], count: int = 1) -> float:
    started = time.process_time()
    call()
    return (time.process_time() - started) / count


def _api(here: Place, loop: asyncio.Runner, rows: list[Record]) -> dict[str, Step]:
    """A request from end to end but for its HTTP, and what of it is validation."""
    app = create_app(here.settings, here.backend)
    reader = BodyReader(here.project, here.settings)
    (one,), (many,) = bodies(rows[:1]), bodies(rows[:500], array=500)

    async def posts(at_once: int) -> None:
        for _ in range(GROUP // at_once):
            await asyncio.gather(*(post(app, one) for _ in range(at_once)))

    async def validated(body: bytes, times: int) -> None:
        for _ in range(times):
            await reader.records(body, "application/json")

    return {
        "POST of a record, ASGI app": lambda: _timed(lambda: loop.run(posts(1)), GROUP),
        "POST of a record, 50 at once": lambda: _timed(lambda: loop.run(posts(50)), GROUP),
        "validate one record": lambda: _timed(lambda: loop.run(validated(one, GROUP)), GROUP),
        "validate a record of 500": lambda: _timed(lambda: loop.run(validated(many, 1)), 500),
    }


def _stored(here: Place, rows: list[Record]) -> dict[str, Step]:
    """A message's way through the queue, and an answer's through the store."""
    queue, store = here.backend.queue, here.backend.predictions
    (body,) = bodies(rows[:1])
    result = b'{"prediction":"<=50K","probabilities":{"<=50K":0.8512345678901234,">50K":0.1487654321098766}}'

    def received() -> list[str]:
        return [each.id for each in queue.receive(owner="bench", lease=LEASE, most=GROUP, most_bytes=1 << 30)]

    def emptied() -> None:
        while ids := received():
            queue.delete(ids)

    def enqueue() -> float:
        messages = here.messages([body] * GROUP)
        return _timed(lambda: queue.send(messages), GROUP)

    def dequeue() -> float:
        emptied()
        here.send(here.messages([body] * GROUP))
        return _timed(lambda: queue.delete(received()), GROUP)

    def answers() -> list[Prediction]:
        now = int(time.time() * 1000)
        return [each.answered(result, model=MODEL, now=now) for each in here.messages([body] * GROUP)]

    def write() -> float:
        found = answers()
        return _timed(lambda: store.finish(found), GROUP)

    def read() -> float:
        found = answers()
        store.finish(found)
        return _timed(lambda: store.get([each.prediction_id for each in found]), GROUP)

    return {
        f"enqueue, {GROUP} at once": enqueue,
        f"receive and delete, {GROUP}": dequeue,
        f"store an answer, {GROUP}": write,
        f"read it back, {GROUP}": read,
    }


def _model(here: Place, rows: list[Record], model: Path) -> dict[str, list[Step]]:
    """From a message of many records to encoded answers, each beside the bare Pipeline's own step."""
    pipeline = bare.load(model)
    frame, output = Frame(here.project, pipeline), Output(pipeline)
    lookup = Lookup(here.project, here.backend.features)
    messages = here.messages(bodies(rows, array=len(rows)))

    def built() -> Any:
        questions = lookup.questions(messages, [message.rows() for message in messages])
        table = Table.of([question.rows for question in questions], frame.columns)
        return frame.build(table.columns, table.count)

    ready = built()
    return {
        f"decode and frame, {ROWS:,}": [
            lambda: _timed(built, ROWS),
            lambda: _timed(lambda: pd.DataFrame(rows), ROWS),
        ],
        f"predict and encode, {ROWS:,}": [
            lambda: _timed(lambda: output.answers(ready, ROWS), ROWS),
            lambda: _timed(lambda: pipeline.predict_proba(ready), ROWS),
        ],
    }
