"""The weather on the wire to AWS: now and then a call is throttled, fails, or loses its answer, as the seed says."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping

from tests.aws.wire import Answer, Call, Fault, Forward, lost, slow_down, throttled

QUEUE_CALLS = {"SendMessage", "SendMessageBatch", "ChangeMessageVisibility", "GetQueueAttributes"}
Kinds = Mapping[str, tuple[float, Fault]]
"""A fault's name, and its share of the calls."""


def service_of(call: Call) -> str:
    """S3 alone is called by method and path."""
    if " " in call.operation:
        return "S3"
    return "SQS" if call.operation in QUEUE_CALLS else "DynamoDB"


def dropped(call: Call, forward: Forward) -> None:
    """The connection ends before anything is done."""


def queue_throttled(call: Call, forward: Forward) -> Answer:
    """SQS's refusal."""
    return _json_error(403, "com.amazonaws.sqs#RequestThrottled")


def internal_error(call: Call, forward: Forward) -> Answer:
    """AWS's own fault."""
    if service_of(call) == "S3":
        body = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>Please try again.</Message></Error>"
        return Answer(500, [("Content-Type", "application/xml")], body)
    return _json_error(500, "InternalServerError")


REFUSAL: Mapping[str, Fault] = {"DynamoDB": throttled, "SQS": queue_throttled, "S3": slow_down}
"""How each service says that it is asked too much."""


class Weather:
    """Breaks the nth call of a service in the same way whenever a drill has the same seed; `seen` counts."""

    def __init__(self, seed: int, *, sending: Kinds) -> None:
        self._seed = seed
        self._numbers: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._kinds = {service: self._of(service) for service in REFUSAL}
        self._sending = {**sending, **self._kinds["SQS"]}
        self.seen: Counter[str] = Counter()

    @staticmethod
    def _of(service: str) -> Kinds:
        return {
            f"{service} throttles a call": (0.03, REFUSAL[service]),
            f"{service} fails a call": (0.01, internal_error),
            f"{service} loses an answer": (0.01, lost),
            f"{service} drops a connection": (0.01, dropped),
        }

    def fault(self, call: Call) -> Fault | None:
        """What becomes of this call."""
        service = service_of(call)
        kinds = self._sending if call.operation == "SendMessage" else self._kinds[service]
        with self._lock:
            self._numbers[service] += 1
            draw = random.Random(f"{self._seed}-{service}-{self._numbers[service]}").random()
            for name, (share, fault) in kinds.items():
                if draw < share:
                    self.seen[name] += 1
                    return fault
                draw -= share
        return None


def _json_error(status: int, kind: str) -> Answer:
    body = json.dumps({"__type": kind, "message": "Please try again."}).encode()
    return Answer(status, [("Content-Type", "application/x-amz-json-1.0")], body)
