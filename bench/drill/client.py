"""The drill's clients: they ask, ask again when nobody answers, and write down what they were told."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.drill.plan import Ask, Plan

PAUSE = 0.1
PATIENCE = 120.0
"""Seconds for which a request is tried."""
LOOKED_AT = 0.05
"""How often a client reads an earlier prediction of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A promise of the service."""

    id: str
    ask: Ask
    at: float  # seconds since the drill began


@dataclass
class Told:
    """What the clients were told. Lists grow from many threads: each append is one step."""

    began: float = field(default_factory=time.monotonic)
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Ask] = field(default_factory=list)
    doubtful: list[Ask] = field(default_factory=list)  # no key, and the connection broke: it may have been accepted
    finished: list[tuple[str, bytes]] = field(default_factory=list)  # ids, and the documents that were read
    replays: list[tuple[str, str]] = field(default_factory=list)  # ids that must be the same
    given_up: list[Ask] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # connections

    def now(self) -> float:
        return time.monotonic() - self.began


class Clients:
    """A number of threads that share the requests of a plan."""

    def __init__(self, plan: Plan, told: Told, port: int, *, threads: int) -> None:
        self._plan = plan
        self._told = told
        self._port = port
        self._places: Iterator[int] = iter(range(plan.count))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._places, None)

    def _run(self, number: int) -> None:
        client = Client(self._told, self._port, random.Random(f"{self._plan.seed}-client-{number}"))
        while (place := self._next()) is not None:
            client.ask(self._plan[place])
        client.close()


class Client:
    """One connection, made anew whenever it breaks."""

    def __init__(self, told: Told, port: int, rng: random.Random) -> None:
        self._told = told
        self._rng = rng
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._own: list[str] = []

    def close(self) -> None:
        self._connection.close()

    def ask(self, ask: Ask) -> str | None:
        """The prediction_id; None when the request was refused, or nobody answered in PATIENCE seconds."""
        answer = self._insisting("POST", "/api/predict", ask, lambda status: status < 500)
        if answer is None:
            self._told.given_up.append(ask)
            return None
        status, document = answer
        if status not in (200, 202):
            self._told.refused.append(ask)
            return None
        id_ = str(json.loads(document)["prediction_id"])
        self._told.accepted.append(Accepted(id=id_, ask=ask, at=self._told.now()))
        if status == 200:
            self._told.finished.append((id_, document))
        self._go_on(ask, id_)
        return id_

    def _go_on(self, ask: Ask, id_: str) -> None:
        if ask.replayed:
            again = self._insisting("POST", "/api/predict", ask, lambda status: status < 500)
            if again is not None:
                self._told.replays.append((id_, str(json.loads(again[1]).get("prediction_id"))))
        if ask.cancelled:
            self._insisting("DELETE", f"/api/predict/{id_}", None, lambda status: status < 500)
            return
        self._own.append(id_)
        if self._rng.random() < LOOKED_AT:
            earlier = self._rng.choice(self._own)
            read = self.once("GET", f"/api/predict/{earlier}", None)
            if read is not None and read[0] == 200 and json.loads(read[1])["status"] != "pending":
                self._told.finished.append((earlier, read[1]))

    def _insisting(
        self, method: str, path: str, ask: Ask | None, enough: Callable[[int], bool]
    ) -> tuple[int, bytes] | None:
        """The first answer that is one; None after PATIENCE seconds without."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.once(method, path, ask)
            if answer is not None and enough(answer[0]):
                return answer
            if answer is None and ask is not None and ask.key is None:
                self._told.doubtful.append(ask)
            time.sleep(PAUSE * (0.5 + self._rng.random()))
        return None

    def once(self, method: str, path: str, ask: Ask | None) -> tuple[int, bytes] | None:
        """Status and body; None when the connection broke."""
        body, headers = (ask.body, dict(ask.headers)) if ask is not None else (None, {})
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            document = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._told.broken += 1
            return None
        self._told.statuses[answer.status] += 1
        return answer.status, document
