"""The drill's saboteur on AWS: ends functions, takes services down and moves the model while clients are at work."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import psutil

from bench.drill.aws.deployed import CLIENTS, START_SECONDS, Deployed
from bench.drill.aws.weather import REFUSAL
from bench.drill.client import Told
from bench.drill.schedule import Planned, Schedule
from tests.aws.wire import Answer, Call, Forward

STORM_SECONDS = 1.5
OUTAGE_SECONDS = 90.0
"""At most: the table comes back when enough predictions were given up."""
PATTERNS = {
    "DynamoDB": "(Put|Get|Update)Item|BatchGetItem",
    "SQS": "SendMessage|ChangeMessageVisibility|GetQueueAttributes",
    "S3": "(GET|PUT|HEAD|DELETE) /",
}
WORKERS, MID_BATCH, APIS = "kill -9 of a worker", "kill -9 of a worker amid a batch", "kill -9 of half the API"
LETTERS, PROMOTE, OUTAGE = "kill -9 of the dead-letter function", "promote", "table down until work is given up"
EACH = {WORKERS: 500, MID_BATCH: 500, APIS: 500}
"""One fault for so many predictions; one at least."""
STORM_EACH = 1000
BATCH_SECONDS = 0.3
AHEAD = 0.05
"""How much of the drill clients may be ahead of the next fault."""


class Saboteur(Schedule):
    """Ends functions, takes services down and moves the model."""

    def __init__(self, service: Deployed, told: Told, count: int, seed: int, *, progress: Callable[[], float]) -> None:
        super().__init__(told, progress=progress)
        self._service = service
        self._given_up = max(3, count // 100)
        self.ended: Counter[str] = Counter()
        """Processes, by the fault that ended them."""
        self.outage = (0.0, 0.0)
        self._rng = random.Random(f"{seed}-faults")
        self.faults = self._ordered(count)

    def _ordered(self, count: int) -> list[Planned]:
        rng = self._rng
        actions: dict[str, Callable[[], None]] = {
            WORKERS: self._kill_worker,
            MID_BATCH: self._kill_amid,
            APIS: self._kill_apis,
        }
        faults = [(rng.uniform(0.05, 0.95), name, actions[name]) for name in EACH for _ in range(_times(count, name))]
        for service in PATTERNS:
            storms = max(1, count // STORM_EACH)
            action = partial(self._storm, service)
            faults += [(rng.uniform(0.05, 0.95), storm(service), action) for _ in range(storms)]
        faults.append((rng.uniform(0.3, 0.5), PROMOTE, self._promote))
        faults.append((rng.uniform(0.6, 0.8), OUTAGE, self._outage))
        return sorted(faults, key=lambda fault: fault[0])

    def hurries(self, place: float) -> bool:
        """Whether a client at this place of the drill leaves the faults behind: it would find nothing broken."""
        return self.begun < len(self.faults) and self.faults[self.begun][0] + AHEAD < place

    def _kill_apis(self) -> None:
        """Half of them, whatever they do."""
        self.ended[APIS] += self._service.kill(self._service.lambdas("API")[: CLIENTS // 2])

    def _promote(self) -> None:
        self._service.cli("promote", "v2")

    def _kill_worker(self) -> None:
        """Soon after an answer, in its next batch or between two."""
        workers = self._answering(lambda _: None)
        time.sleep(self._rng.random() * BATCH_SECONDS)
        self.ended[WORKERS] += self._service.kill(workers)

    def _kill_amid(self) -> None:
        """An answer is written, and its batch is never acknowledged."""
        self.ended[MID_BATCH] += len(self._answering(self._service.kill))

    def _answering(self, act: Callable[[list[psutil.Process]], object]) -> list[psutil.Process]:
        """The worker that writes the next answer; `act` is called before it hears that it is written."""
        found: list[psutil.Process] = []
        done, one_at_a_time = threading.Event(), threading.Lock()

        def watching(call: Call, forward: Forward) -> Answer:
            answer = forward()
            with one_at_a_time:
                if not found and "status" in call.json["Item"]:
                    found.extend(process for process in self._service.lambdas("worker") if _owns(process, call.port))
                    if found:
                        act(found)
                        done.set()
            return answer

        self._service.witness.breaks("PutItem", watching)
        answered = done.wait(START_SECONDS)
        self._service.witness.heals()
        if not answered:
            raise RuntimeError(f"nothing was answered within {START_SECONDS:g} seconds")
        return found

    def _storm(self, service: str) -> None:
        self._service.witness.breaks(PATTERNS[service], REFUSAL[service])
        time.sleep(STORM_SECONDS)
        self._service.witness.heals()

    def _outage(self) -> None:
        """What is predicted can't be written, until it was tried too often; even its failure can't be written then."""
        witness, began = self._service.witness, self.told.now()
        witness.breaks(PATTERNS["DynamoDB"], witness.unavailable)
        until = time.monotonic() + OUTAGE_SECONDS
        while not witness.letters and time.monotonic() < until:
            time.sleep(0.1)
        self.happens(LETTERS)
        letters = self._service.lambdas("dead-letter")
        self.ended[LETTERS] += self._service.kill(letters)  # the letter is kept, the failure not yet written
        while len({id_ for id_, _ in witness.letters}) < self._given_up and time.monotonic() < until:
            time.sleep(0.1)
        witness.heals()
        self.outage = (began, self.told.now())


def _owns(process: psutil.Process, port: int) -> bool:
    try:
        return any(connection.laddr.port == port for connection in process.net_connections("tcp"))
    except psutil.Error:  # it has just ended
        return False


def storm(service: str) -> str:
    """What a short outage of a service is called."""
    return f"{service} down for {STORM_SECONDS:g} s"


def _times(count: int, name: str) -> int:
    return max(1, count // EACH[name])
