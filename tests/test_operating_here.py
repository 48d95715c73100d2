"""docs/operating.md's runbooks for one machine: a real `cli serve` is killed, filled, copied and moved as it says."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import psutil
import pytest

from serving.local.models import FolderBucket
from serving.models import ModelRegistry
from tests.aws.e2e.project import EXAMPLE, write_e2e_project
from tests.manifests import manifest_of
from tests.operating import Shell, runbook
from tests.running import CLI, PATIENCE, Service, free_port

LIMITS_FILES = hasattr(psutil, "RLIMIT_FSIZE")


@dataclass
class Machine(Shell):
    """Whoever looks after one machine; `cli serve` goes on behind while the next command is typed."""

    port: int = field(default_factory=free_port)
    service: Service | None = None

    def cli(self, arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        if arguments[0] != "serve":
            return super().cli(arguments, environment)
        self.serve(*arguments[1:])
        return subprocess.CompletedProcess(arguments, 0, "", "")

    def serve(self, *arguments: str) -> None:
        log = self.folder.parent / "serve.log"
        environment = {**os.environ, **self.environment, "PORT": str(self.port)}
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(
                [*CLI, "serve", *arguments], cwd=self.folder, env=environment, stdout=file, stderr=file, text=True
            )
        self.service = Service(process=process, port=self.port, state_dir=self.folder / ".state", log_path=log)
        self.service.wait_until_healthy()

    @property
    def served(self) -> Service:
        assert self.service is not None
        return self.service

    def post(self, **changes: object) -> httpx.Response:
        with self.served.client() as api:
            return api.post("/api/predict", json={**EXAMPLE, **changes})

    def answered(self, prediction_id: str) -> str:
        """Its status, once it is finished."""
        with self.served.client() as api:
            while True:
                status = str(api.get(f"/api/predict/{prediction_id}", headers={"Prefer": "wait=20"}).json()["status"])
                if status != "pending":
                    return status


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A project that is served, with a model that is not."""
    folder = write_e2e_project(tmp_path_factory.mktemp("machine") / "project")
    model = folder / "build" / "model.pkl"
    bucket = FolderBucket(str(folder / ".state" / "models"))
    bucket.create()
    registry = ModelRegistry(bucket=bucket, service="e2e", stage="dev")
    for tag in ("v1", "old"):
        registry.upload(model, manifest_of(model.read_bytes(), tag=tag, project=folder))
    registry.promote("v1")
    made = Machine(folder, {})
    made.serve()
    yield made
    made.served.stop()


@contextmanager
def full_disk(service: Service) -> Iterator[None]:
    """Within the block the API can make no file larger than a kilobyte, where the system can be told so."""
    if not LIMITS_FILES:
        yield
        return
    api = psutil.Process(service.processes("api")[0].pid)
    api.rlimit(psutil.RLIMIT_FSIZE, (1024, -1))
    yield
    api.rlimit(psutil.RLIMIT_FSIZE, (-1, -1))


def accepted(response: httpx.Response) -> str:
    assert response.status_code == 202, response.text
    return str(response.json()["prediction_id"])


def test_what_was_accepted_before_a_kill_is_predicted_after_it(machine: Machine) -> None:
    worker, api, supervisor = (
        *(psutil.Process(found.pid) for role in ("worker", "api") for found in machine.served.processes(role)),
        psutil.Process(machine.served.process.pid),
    )
    worker.suspend()  # so that the work is still queued
    prediction_id = accepted(machine.post())
    for process in (supervisor, api, worker):
        process.send_signal(signal.SIGKILL)
    machine.served.process.wait(PATIENCE)
    with runbook("Killed, or out of power", machine) as step:
        step("cli serve")
        assert machine.answered(prediction_id) == "succeeded"
        assert "running yes" in " ".join(step("cli status").split())


def test_a_full_disk_refuses_work_and_goes_on_when_there_is_room(machine: Machine) -> None:
    with full_disk(machine.served):
        if LIMITS_FILES:
            refused = machine.post()
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
        with runbook("The disk is full", machine) as step:
            assert "Filesystem" in step("df -h .state")
            assert "old" in step("cli list-objects")
            assert "old is deleted" in step("cli delete", TAG="old")
    assert not (machine.folder / ".state/models/models/old/model.pkl").exists()
    assert machine.answered(accepted(machine.post())) == "succeeded"


def test_a_backup_is_whole_and_can_be_restored_and_the_state_can_move(machine: Machine) -> None:
    first = accepted(machine.post())
    assert machine.answered(first) == "succeeded"
    worker = psutil.Process(machine.served.processes("worker")[0].pid)
    worker.suspend()
    queued = accepted(machine.post())
    with runbook("Back up and restore", machine) as step:
        step("VACUUM INTO")
        step("cp -R")
        worker.resume()
        assert machine.answered(queued) == "succeeded"
        later = accepted(machine.post())
        machine.served.stop()
        step("mv .state lost")
        step("cp backup.db")
        step("cli serve")
    assert [machine.answered(id_) for id_ in (first, queued)] == ["succeeded", "succeeded"]
    with machine.served.client() as api:
        assert api.get(f"/api/predict/{later}").json()["status"] == "pending"
    machine.served.stop()
    with runbook("Move the state", machine) as step:
        step("mv .state", FOLDER=str(machine.folder.parent / "elsewhere"))
        step("cli serve", FOLDER=str(machine.folder.parent / "elsewhere"))
    assert machine.answered(first) == "succeeded"
