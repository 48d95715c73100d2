"""The drill's witness on AWS: a wire that writes down each message, each answer and each dead letter that passes.

It also breaks something: some messages are sent twice, some late, so that others overtake them.
"""

import json
import random
import re
import time
from collections import Counter, defaultdict
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from bench.drill.aws.weather import Weather
from bench.drill.witness import Written
from tests.aws.wire import Answer, Call, Fault, Forward, Wire, throttled

TWICE, LATE = 0.1, 0.1
LATEST = 20
"""Seconds of the queue's clock by which a message is late, at most; so is a second delivery."""
_LETTER = re.compile(r"PUT /[^/]+/dead/(?P<id>.+)-[0-9]{13,}")


@dataclass
class Witness(Wire):
    """Everything that the functions say to AWS passes here; `answers` has one entry for each terminal write."""

    sqs: Any = None
    table: str = ""
    weather: Weather | None = None
    began: float = field(default_factory=time.monotonic)
    bodies: list[str] = field(default_factory=list)  # of messages that the queue has taken
    answers: list[Written] = field(default_factory=list)
    letters: list[tuple[str, float]] = field(default_factory=list)  # ids of the dead, and when each was kept
    given_up: set[str] = field(default_factory=set)  # ids that were failed with a dead letter behind them
    refused: Counter[str] = field(default_factory=Counter)  # answers that the table did not take in its outage
    _statuses: dict[str, str] = field(default_factory=dict)
    _locks: defaultdict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def brew(self, seed: int) -> Weather:
        """From now on the weather is bad."""
        self._late = random.Random(f"{seed}-late")
        sending = {"message sent twice": (TWICE, self._twice), "message sent late": (LATE, self._later)}
        self.weather = Weather(seed, sending=sending)
        return self.weather

    def fault(self, call: Call) -> Fault | None:
        return super().fault(call) or (self.weather.fault(call) if self.weather else None)

    def answer(self, call: Call, forward: Forward) -> Answer | None:
        def noting() -> Answer:
            with self._in_order(call):
                answer = forward()
                if answer.status < 300:
                    self._note(call)
            return answer

        return super().answer(call, noting)

    def _in_order(self, call: Call) -> AbstractContextManager[object]:
        """Two writes of one row are noted in the order in which the table takes them."""
        if call.operation == "PutItem":
            return self._locks[call.json["Item"]["key"]["S"]]
        if call.operation == "UpdateItem":
            return self._locks[call.json["Key"]["key"]["S"]]
        return nullcontext()

    def unavailable(self, call: Call, forward: Forward) -> Answer:
        """The table takes nothing and gives nothing."""
        if call.operation == "PutItem" and "status" in call.json["Item"]:
            self.refused[call.json["Item"]["key"]["S"]] += 1
        return throttled(call, forward)

    def _note(self, call: Call) -> None:
        letter = _LETTER.fullmatch(call.operation)
        if letter:
            self.letters.append((letter["id"], self._now()))
        elif call.operation == "SendMessage":
            self.bodies.append(call.json["MessageBody"])
        elif call.operation == "SendMessageBatch":
            self.bodies.extend(entry["MessageBody"] for entry in call.json["Entries"])
        elif call.operation == "PutItem" and self._of_predictions(call) and "status" in call.json["Item"]:
            item = call.json["Item"]
            self._written(item["key"]["S"], item["status"]["S"], erased=False)
            if item["redrivable"]["BOOL"]:
                self.given_up.add(item["key"]["S"])
        elif call.operation == "UpdateItem" and self._of_predictions(call):
            key = call.json["Key"]["key"]["S"]
            self._written(key, self._statuses.get(key, "cancelled"), erased=True)

    def _of_predictions(self, call: Call) -> bool:
        return bool(call.json["TableName"] == self.table)

    def _written(self, id_: str, status: str, *, erased: bool) -> None:
        was = self._statuses.get(id_)
        self._statuses[id_] = status
        self.answers.append(Written(id=id_, was=was, became=status, erased=erased and was is not None, at=self._now()))

    def _twice(self, call: Call, forward: Forward) -> Answer:
        self._again(call)
        return forward()

    def _later(self, call: Call, forward: Forward) -> Answer:
        """In place of the call, which is signed as it is."""
        sent = self._again(call)
        document = {name: sent[name] for name in ("MessageId", "MD5OfMessageBody")}
        return Answer(200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(document).encode())

    def _again(self, call: Call) -> Any:
        asked = call.json
        delay = self._late.randint(1, LATEST)
        sent = self.sqs.send_message(QueueUrl=asked["QueueUrl"], MessageBody=asked["MessageBody"], DelaySeconds=delay)
        self._note(call)
        return sent

    def _now(self) -> float:
        return time.monotonic() - self.began
