"""What happens in a month at an even rate, counted from what each request and each batch calls."""

import math
from dataclasses import dataclass

from commands.architecture import Stack
from commands.costs.flow import Course, Flow
from commands.costs.prices import CALL_CHUNK, ITEM_OVERHEAD, READ_UNIT, WRITE_UNIT
from serving.aws.queue import BATCH_MESSAGES, CHUNK
from serving.keys import API, REFRESH_SECONDS, SIGNING
from worker.tally import SECONDS as TALLY_SECONDS

KEYS = len((SIGNING, API))
"""Items that the API reads every REFRESH_SECONDS, with one call."""
LOADED = 3
"""GETs of a worker that starts: pointer, manifest, model. It compares its report with one more item."""
LINES = {"DEBUG": (2, 1, 1), "INFO": (1, 1, 0)}
"""At LOG_LEVEL: lines of a POST (accepted, answered), of a GET, and of a prediction; none from WARNING on."""
DAY = 86_400
NAMES = (
    *("posts", "reads", "answers_read", "batches", "gateway_calls", "api_starts", "worker_starts", "key_reads"),
    *("pointer_reads", "api_seconds", "worker_seconds", "triggers", "idle_receives", "sqs_requests", "write_units"),
    *("read_units", "puts", "gets", "table_bytes", "payload_bytes", "log_bytes", "log_bytes_held", "sent_bytes"),
)
"""What the document tells, in this order."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of a month; tests/aws/test_wire_calls.py counts the same calls at the wire."""

    course: Course
    flow: Flow
    triggers: int  # queues that Lambda asks for messages all day
    payload_days: float  # that the payload bucket keeps what it holds

    @classmethod
    def of(cls, course: Course, stack: Stack) -> "Counts":
        """For the course's workload, every second as busy as the next."""
        events = [event for function in stack.functions.values() for event in function["events"]]
        rules = stack.of("AWS::S3::Bucket")["PayloadBucket"]["LifecycleConfiguration"]["Rules"]
        return cls(
            course=course,
            flow=course.at(1),
            triggers=sum("sqs" in event for event in events),
            payload_days=float(rules[0]["ExpirationInDays"]),
        )

    @property
    def posts(self) -> int:
        return self.course.workload.requests

    @property
    def reads(self) -> int:
        """GETs."""
        return self.course.workload.reads

    @property
    def answers_read(self) -> int:
        """Of each request once, if at all: by its last GET, or by the POST that waits."""
        return self.posts if self.course.workload.wait or self.course.workload.polls else 0

    @property
    def batches(self) -> int:
        return math.ceil(self.posts / self.flow.batch_messages)

    @property
    def gateway_calls(self) -> int:
        """As the HTTP API bills them: each 512 KiB of a body or an answer are a call."""
        answered = math.ceil(self.course.sizes.answer / CALL_CHUNK)
        asked = math.ceil(self.course.sizes.body / CALL_CHUNK)
        if self.course.workload.wait:
            return self.posts * max(asked, answered)
        return self.posts * asked + self.reads + self.answers_read * (answered - 1)

    @property
    def api_starts(self) -> float:
        return self.course.assumes.cold * (self.posts + self.reads)

    @property
    def worker_starts(self) -> float:
        return self.course.assumes.cold * self.batches

    @property
    def key_reads(self) -> float:
        """Each API Lambda that is at work reads the keys again when they are a minute old."""
        lambdas = math.ceil(self.flow.api_busy)
        return min(self.posts + self.reads, lambdas * self.course.assumes.month / REFRESH_SECONDS)

    @property
    def pointer_reads(self) -> float:
        return self._at_most_every(self.course.deployment.model_refresh)

    @property
    def api_seconds(self) -> float:
        known, flow = self.course.assumes, self.flow
        called = self.posts * (flow.post_seconds + flow.waited_seconds) + self.reads * flow.read_seconds
        return called + self.key_reads * known.dynamodb + self.api_starts * known.api_start

    @property
    def worker_seconds(self) -> float:
        known = self.course.assumes
        predicted = self.batches * self.flow.batch_seconds
        return predicted + self.pointer_reads * known.s3 + self.worker_starts * known.worker_start

    @property
    def idle_receives(self) -> float:
        return self.triggers * self.course.assumes.pollers * self.course.assumes.month / self.course.assumes.poll

    @property
    def sqs_requests(self) -> float:
        """A batch is received and deleted ten messages at a time; each 64 KiB that travel are a request."""
        chunks = self.course.sizes.message / CHUNK
        receives = self.batches * max(1.0, self.flow.batch_messages / BATCH_MESSAGES)
        received = max(receives, self.posts * (math.ceil(chunks) if chunks > 1 else chunks))
        return self.posts * math.ceil(chunks) + received + receives

    @property
    def write_units(self) -> int:
        return self.posts * math.ceil(self.course.sizes.item / WRITE_UNIT)

    @property
    def read_units(self) -> float:
        """What is pending is an item that is not there yet: it is billed as a small one."""
        workload = self.course.workload
        looks = self.posts * self.flow.looks if workload.wait else self.reads
        answered = self.answers_read * math.ceil(self.course.sizes.item / READ_UNIT)
        looked_up = workload.per_month * workload.views
        return looks - self.answers_read + answered + self.key_reads * KEYS + self.worker_starts + looked_up

    @property
    def puts(self) -> int:
        sizes = self.course.sizes
        return self.posts * (bool(sizes.input_object) + bool(sizes.result_object))

    @property
    def gets(self) -> float:
        sizes = self.course.sizes
        payloads = self.posts * bool(sizes.input_object) + self.answers_read * bool(sizes.result_object)
        return payloads + self.pointer_reads + self.worker_starts * LOADED

    @property
    def table_bytes(self) -> float:
        """At any time, once the table is as full as it gets."""
        return self._held(self.course.sizes.item + ITEM_OVERHEAD, self.course.deployment.result_ttl)

    @property
    def payload_bytes(self) -> float:
        sizes = self.course.sizes
        return self._held(sizes.input_object + sizes.result_object, self.payload_days * DAY)

    @property
    def log_bytes(self) -> float:
        post, read, prediction = LINES.get(self.course.deployment.log_level, (0, 0, 0))
        tally = self._at_most_every(TALLY_SECONDS) if post else 0
        lines = self.posts * (post + prediction) + self.reads * read + tally
        return lines * self.course.assumes.log_line

    @property
    def log_bytes_held(self) -> float:
        """At any time, once the first lines expire."""
        known = self.course.assumes
        return self.log_bytes * known.zipped_log * self.course.deployment.log_days * DAY / known.month

    @property
    def sent_bytes(self) -> float:
        """To the internet, unzipped; what comes from there is free."""
        known, calls = self.course.assumes, self.posts + self.reads
        pending = (calls - self.answers_read) * known.pending
        return calls * known.headers + pending + self.answers_read * self.course.sizes.answer

    def document(self) -> dict[str, float]:
        """By name."""
        return {name: getattr(self, name) for name in NAMES}

    def _at_most_every(self, seconds: float) -> float:
        """What a worker does with a batch, unless it has done it within the last seconds."""
        busy = min(self.flow.workers_busy, self.course.deployment.worker_concurrency)
        return min(self.batches, math.ceil(busy) * self.course.assumes.month / seconds)

    def _held(self, size: int, seconds: float) -> float:
        return self.posts * size * seconds / self.course.assumes.month
