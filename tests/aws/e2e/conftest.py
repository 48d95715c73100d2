"""One deployment for the whole suite: `cli deploy` on a fresh emulated account."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.aws.e2e.project import write_e2e_project
from tests.aws.emulator import Emulator, running_emulator
from tests.building import build_folder
from tests.planted import ENVIRONMENT
from tests.running import PATIENCE, cli

SETTINGS = {
    "PACKAGE_FOR": "host",
    "WORKER_TIMEOUT": "60",  # a child of the quarantine starts in it on a busy machine, too
    "PREDICT_TIMEOUT": "3",
    "MAX_RECEIVES": "3",
    "MODEL_REFRESH": "1",
    "WORKER_CONCURRENCY": "2",
    "SLS_AWS_MONITORING_FREQUENCY": "300",  # osls looks every five seconds else
    "DATABASE_PASSWORD": ENVIRONMENT["DATABASE_PASSWORD"],  # nobody asked for it: it must not travel
}
TRIED = re.compile(r"Lambda \S+-worker (?:failed processing SQS batch|processed .* partial failures\))")


@dataclass
class Site:
    """A deployed stage, and how to reach it from outside."""

    emulator: Emulator
    project: Path
    stage: str
    environment: dict[str, str]
    endpoint: str = ""

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command on this stage's project."""
        with build_folder() if arguments[0] in {"deploy", "remove"} else nullcontext():
            return cli(*arguments, "--project", str(self.project), check=check, env={**os.environ, **self.environment})

    @property
    def stack(self) -> str:
        return f"{(self.project / 'service.toml').read_text().split(chr(34))[1]}-{self.stage}"

    def outputs(self) -> dict[str, str]:
        (stack,) = self.emulator.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def client(self) -> httpx.Client:
        """Reaches the API by its name, whatever this machine's resolver knows."""
        return self.emulator.http(httpx.URL(self.endpoint).netloc.decode())

    @contextmanager
    def without(self, function: str, action: str) -> Iterator[None]:
        """Within the block the role of a function ("Api", "Worker") is denied one action."""
        iam, functions = self.emulator.client("iam"), self.emulator.client("lambda")
        name = self.outputs()[f"{function}Function"]
        role = functions.get_function(FunctionName=name)["Configuration"]["Role"].split("/")[-1]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
        iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=json.dumps(document))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="denied")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within the block no message reaches the worker."""
        functions = self.emulator.client("lambda")
        name = self.outputs()["WorkerFunction"]
        (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        time.sleep(1.5)  # the poll that is under way
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def drained(self, seconds: float = PATIENCE) -> None:
        """Wait until the queue is empty."""
        queue, url = self.emulator.client("sqs"), self.outputs()["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        until = time.monotonic() + seconds
        while any(
            int(n) for n in queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()
        ):
            assert time.monotonic() < until, self.emulator.log[-4000:]
            time.sleep(0.2)

    def finished(self, api: httpx.Client, location: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The prediction at `location`, once it is finished."""
        until = time.monotonic() + seconds
        while True:
            body: dict[str, Any] = api.get(location, headers={"Prefer": "wait=5"}).raise_for_status().json()
            if body["status"] != "pending":
                return body
            assert time.monotonic() < until, self.emulator.log[-4000:]

    @contextmanager
    def failing(self, times: int, passing: float) -> Iterator[None]:
        """What is posted within the block fails `times` times; then the clock is moved on, instead of waited for."""
        before = len(TRIED.findall(self.emulator.log))
        yield
        for time_ in range(1, times + 1):
            until = time.monotonic() + PATIENCE
            while len(TRIED.findall(self.emulator.log)) < before + time_:
                assert time.monotonic() < until, self.emulator.log[-4000:]
                time.sleep(0.1)
            self.emulator.passes(passing)


@pytest.fixture(scope="session")
def emulated_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("account"), tls=True) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def site(emulated_account: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The e2e project, deployed."""
    project = write_e2e_project(tmp_path_factory.mktemp("e2e") / "project")
    made = Site(emulated_account, project, "dev", {**emulated_account.environment, **SETTINGS})
    deployed = made.cli("deploy")
    made.endpoint = deployed.stdout.strip().splitlines()[-1]
    return made


@pytest.fixture
def api(site: Site) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client
