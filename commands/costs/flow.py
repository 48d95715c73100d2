"""How the work flows at a rate: how long calls and batches take, how full a batch is, how many Lambdas are busy."""

import math
from dataclasses import dataclass

from commands.costs.assumptions import Assumptions
from commands.costs.workload import Sizes, Workload
from commands.deployment import Deployment
from serving.aws.clients import THREADS
from serving.aws.connect import Looking
from serving.errors import SettingsError

HALVINGS = 50
"""Of the interval in which the average batch is searched: more than a float has digits for."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Rates are per second, durations in seconds."""

    requests: float
    reads: float
    post_seconds: float  # without waiting
    read_seconds: float
    batch_messages: float  # on average
    batch_seconds: float
    waited_seconds: float  # by a POST for its answer
    looks: int  # that a waiting POST takes

    @property
    def calls(self) -> float:
        """Of the API."""
        return self.requests + self.reads

    @property
    def api_busy(self) -> float:
        """API Lambdas at work at the same time."""
        return self.requests * (self.post_seconds + self.waited_seconds) + self.reads * self.read_seconds

    @property
    def workers_busy(self) -> float:
        """Worker Lambdas that would be at work at the same time, were there no WORKER_CONCURRENCY."""
        return self.requests / self.batch_messages * self.batch_seconds


@dataclass(frozen=True, kw_only=True)
class Course:
    """One workload on one deployment, at whatever rate."""

    workload: Workload
    sizes: Sizes
    deployment: Deployment
    assumes: Assumptions

    @classmethod
    def of(cls, workload: Workload, deployment: Deployment, assumes: Assumptions) -> "Course":
        return cls(workload=workload, sizes=Sizes.of(workload, assumes), deployment=deployment, assumes=assumes)

    def at(self, times: float) -> Flow:
        """The flow at so many times the average rate. Raises SettingsError when nobody would wait long enough."""
        requests = self.workload.requests / self.assumes.month * times
        batch_messages = self._batch_messages(requests)
        looks = self._looks(batch_messages) if self.workload.wait else 0
        return Flow(
            requests=requests,
            reads=self.workload.reads / self.assumes.month * times,
            post_seconds=self._post_seconds(),
            read_seconds=self._read_seconds(),
            batch_messages=batch_messages,
            batch_seconds=self.batch_seconds(batch_messages),
            waited_seconds=self._waited_seconds(looks) if looks else 0,
            looks=looks,
        )

    def batch_seconds(self, messages: float) -> float:
        """Of a warm worker with so many messages, besides its look at the pointer."""
        known = self.assumes
        cpu = known.batch_cpu + messages * (known.message_cpu + self.workload.records * known.record_cpu)
        rounds = max(1.0, messages / THREADS)  # answers are written side by side
        written = rounds * (known.dynamodb + (known.s3 if self.sizes.result_object else 0))
        large = min(messages, 1 + max(1.0, (messages - 1) / THREADS))  # the first alone, then the others together
        read = large * known.s3 if self.sizes.input_object else 0
        looked_up = known.dynamodb if self.workload.views else 0
        return self._slowed(cpu, self.deployment.worker_memory) + written + read + looked_up

    def _batch_messages(self, requests: float) -> float:
        """What has come when a worker is free: one message, and more only when they come faster than they are done.

        Messages that come together make fuller batches, which cost less: one is the dearest case.
        """
        most, workers = float(self.deployment.batch_size), self.deployment.worker_concurrency
        least = min(most, 1 + requests * self.deployment.batch_window / self.assumes.pollers)

        def kept_up(messages: float) -> bool:
            return requests * self.batch_seconds(messages) <= messages * workers

        if kept_up(least) or not kept_up(most):
            return least if kept_up(least) else most
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            least, most = (least, middle) if kept_up(middle) else (middle, most)
        return most

    def _post_seconds(self) -> float:
        known = self.assumes
        cpu = known.api_cpu + self.workload.records * known.record_cpu
        stored = known.s3 if self.sizes.input_object else 0
        return self._slowed(cpu, self.deployment.api_memory) + known.sqs + stored

    def _read_seconds(self) -> float:
        known = self.assumes
        fetched = known.s3 if self.sizes.result_object else 0
        return self._slowed(known.api_cpu, self.deployment.api_memory) + known.dynamodb + fetched

    def _looks(self, batch_messages: float) -> int:
        """Until a warm worker has answered: it is handed the message, gathers, predicts and writes."""
        known, deployment = self.assumes, self.deployment
        seconds = known.sqs + deployment.batch_window + known.s3 + self.batch_seconds(batch_messages)
        if seconds > deployment.wait_limit:
            window = f", or set less BATCH_WINDOW ({deployment.batch_window} s)" if deployment.batch_window else ""
            raise SettingsError(
                f"--wait: an answer takes about {seconds:.1f} s, and nobody waits longer than WAIT_LIMIT "
                f"({deployment.wait_limit:g} s): leave --wait out{window}."
            )
        return math.ceil(seconds / (Looking.SECONDS + known.dynamodb))

    def _waited_seconds(self, looks: int) -> float:
        """On average: some wait for a worker that has to start."""
        return looks * (Looking.SECONDS + self.assumes.dynamodb) + self.assumes.cold * self.assumes.worker_start

    def _slowed(self, cpu: float, memory: int) -> float:
        """Seconds on the part of a processor that comes with so many MiB; one thread has no use for more than one."""
        return cpu / min(1.0, memory / self.assumes.processor)
