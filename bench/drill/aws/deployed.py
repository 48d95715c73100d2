"""The drill's service on the emulated AWS: deployed by `cli deploy`, its functions put behind the witness."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import boto3
import httpx
import psutil

from bench.drill.aws.witness import Witness
from bench.drill.model import PROJECT, write
from serving.aws.connect import AwsBackend, connect_aws
from serving.settings import Settings
from tests.aws.e2e.conftest import Site
from tests.aws.emulator import REGION, Emulator
from tests.aws.wire import Wire

MAX_RECEIVES = 5
WORKER_TIMEOUT = 30
SETTINGS = {
    "PACKAGE_FOR": "host",
    "WORKER_TIMEOUT": str(WORKER_TIMEOUT),
    "PREDICT_TIMEOUT": "4",
    "PREDICT_MEMORY": "512",
    "MAX_RECEIVES": str(MAX_RECEIVES),
    "MAX_RECORDS": "40000",
    "MODEL_REFRESH": "1",
    "WORKER_CONCURRENCY": "3",
    "SLS_AWS_MONITORING_FREQUENCY": "300",  # osls looks every five seconds else
}
HASTE = 5
"""How much faster the queues' clock goes: what is hidden for six times the time-out stays so for longer than it."""
TICK = 0.2
IDLE_SECONDS = 10.0
"""Of the queues' time in a tick in which no function is at work: what it would wait for comes at once."""
CLIENTS = 6
"""Requests at the same time, at most: each has a process of the API to itself."""
POSTS, UNUSED = 24, 10**12
"""Requests before the drill, so that it begins with functions that are warm; their numbers are nobody else's."""
START_SECONDS = 120.0
BATCHES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": "*"}],
}
"""On AWS sqs:SendMessage allows it, and no action has this name; the emulator wants it."""
FUNCTIONS = {"API": "ApiFunction", "worker": "WorkerFunction", "dead-letter": "DeadLetterFunction"}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stage that is served: clients reach it by `front`, and it reaches AWS by `witness`."""

    site: Site
    outputs: dict[str, str]
    front: Wire
    witness: Witness

    def lambdas(self, kind: str) -> Sequence[psutil.Process]:
        """The processes of a function, "API", "worker" or "dead-letter"."""
        folder = f"/ministack-lambda-{self.outputs[FUNCTIONS[kind]]}-"
        found = []
        for process in psutil.Process(self.site.emulator.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it has just ended
                if any(folder in argument for argument in process.cmdline()):
                    found.append(process)
        return found

    def kill(self, processes: Sequence[psutil.Process]) -> int:
        """End them, as a crash of their machines would; returns how many."""
        ended = 0
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # something else was faster
                process.kill()
                ended += 1
        return ended

    def cli(self, *arguments: str) -> str:
        """What a command prints."""
        return self.site.cli(*arguments, "--stage", self.site.stage).stdout

    def depth(self) -> dict[str, int]:
        """Messages in each queue, late and received ones among them."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "Delayed", "NotVisible")]
        found = {}
        for name, output in QUEUES.items():
            answer = self.witness.sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
            found[name] = sum(int(number) for number in answer["Attributes"].values())
        return found

    @contextmanager
    def backend(self) -> Iterator[AwsBackend]:
        """The adapters themselves, over the witness."""
        made = {name: self.outputs[output] for name, output in ADDRESSES.items()}
        settings = Settings.read({}, backend="aws", aws_region=REGION, project_dir=self.site.project, **made)
        keys = {name: value for name, value in self.site.emulator.environment.items() if name.startswith("AWS_")}
        with patch.dict(os.environ, {**keys, "AWS_ENDPOINT_URL": self.witness.url}):  # where boto3 looks for AWS
            backend = connect_aws(settings, boto3.Session(region_name=REGION))
        try:
            yield backend
        finally:
            backend.close()


QUEUES = {"messages": "QueueUrl", "messages in the dead-letter queue": "DeadLetterQueueUrl"}
ADDRESSES = {
    "queue_url": "QueueUrl",
    "table": "Table",
    "features_table": "FeaturesTable",
    "payload_bucket": "PayloadBucket",
    "bucket": "ModelBucket",
}


@contextmanager
def deployed(folder: Path, emulator: Emulator) -> Iterator[Deployed]:
    """Deploy the drill's project; its queues' clock goes fast until the block ends."""
    models = write(folder)
    site = _site(folder, emulator)
    address = site.cli("deploy", "--model", str(models["v1"]), "--tag", "v1", "--no-form").stdout.split()[-1]
    outputs = site.outputs()
    front = Wire(emulator.url, certificate=emulator.certificate, host=httpx.URL(address).netloc.decode())
    witness = Witness(
        emulator.url, certificate=emulator.certificate, sqs=emulator.client("sqs"), table=outputs["Table"]
    )
    clock = Clock(emulator)
    made = Deployed(site=site, outputs=outputs, front=front, witness=witness)
    for wire in (front, witness):
        wire.up()
    try:
        _put_behind(made)
        clock.start()
        _warm(made, models["v2"])
        yield made
    finally:
        clock.stop()
        for wire in (front, witness):
            wire.down()


def _site(folder: Path, emulator: Emulator) -> Site:
    project = folder / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__", "build"))
    (project / "service.toml").write_text('name = "drill"\nstage = "dev"\n')
    return Site(emulator, project, "dev", {**emulator.environment, **SETTINGS})


def _put_behind(made: Deployed) -> None:
    """Their next processes call the witness in place of AWS."""
    functions = made.site.emulator.client("lambda")
    for output in FUNCTIONS.values():
        name = made.outputs[output]
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["AWS_ENDPOINT_URL"] = made.witness.url
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    role = functions.get_function_configuration(FunctionName=made.outputs["WorkerFunction"])["Role"].split("/")[-1]
    made.site.emulator.client("iam").put_role_policy(
        RoleName=role, PolicyName="batches", PolicyDocument=json.dumps(BATCHES)
    )


def _warm(made: Deployed, model: Path) -> None:
    """The next model is uploaded meanwhile, so that promoting it takes no time of the drill."""
    with ThreadPoolExecutor(CLIENTS) as pool, made.site.emulator.http(made.front.host) as api:
        uploaded = pool.submit(made.site.cli, "upload", made.outputs["ModelBucket"], str(model), "--tag", "v2")
        for answer in pool.map(lambda n: api.post("/api/predict", json={"number": UNUSED + n, "x": 0}), range(POSTS)):
            answer.raise_for_status()
        uploaded.result()
    until = time.monotonic() + START_SECONDS
    while any(made.depth().values()) and time.monotonic() < until:
        time.sleep(TICK)


class Clock:
    """Lets the time of the queues go fast, and faster still while no function has a message."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._hasten, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()

    def _hasten(self) -> None:
        while not self._ending.wait(TICK):
            self._emulator.passes(TICK * (HASTE - 1) if self._emulator.batches else IDLE_SECONDS)
