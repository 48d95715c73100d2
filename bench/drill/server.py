"""The service under the drill: `cli serve` on this machine, killed and started again."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from bench.drill.clock import Clock
from bench.drill.model import PROJECT, write
from tests.running import Service, cli, free_port, start_service

PREDICT_TIMEOUT, WORKER_TIMEOUT = 2, 12
"""Seconds: as short as settings allow, so that a model that hangs is found while the drill lasts."""
WORKERS = 2
LIMITS_FILES = hasattr(psutil, "RLIMIT_FSIZE")
"""Whether this system lets us limit the files of another process, as Linux does."""


class Server:
    """Holds the service and everything that it leaves behind, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Makes the bucket with both models; starts nothing yet."""
        self.state = folder / "state"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self.port = free_port()
        self.clock = Clock(folder / "clock")
        self._earlier_logs = ""
        self._service: Service | None = None
        bucket = str(folder / "models")
        self.environment = {
            **os.environ,
            "BUCKET": bucket,
            "STATE_DIR": str(self.state),
            "PROJECT_DIR": str(PROJECT),
            "PREDICT_TIMEOUT": str(PREDICT_TIMEOUT),
            "WORKER_TIMEOUT": str(WORKER_TIMEOUT),
            "MODEL_REFRESH": "1",
        }
        cli("create-bucket", bucket, env=self.environment)
        for tag, path in write(folder).items():
            cli("upload", bucket, str(path), "--tag", tag, "--project", str(PROJECT), env=self.environment)

    @property
    def own(self) -> Mapping[str, str]:
        """What its processes have in their environment besides: the drill's clock, and a place for scratch."""
        return {"TMPDIR": str(self.temporary), **self.clock.environment}

    @property
    def log(self) -> str:
        """Of all its lives."""
        return self._earlier_logs + (self._service.log if self._service else "")

    @property
    def service(self) -> Service:
        """The one that is there now; `start` comes first."""
        assert self._service is not None
        return self._service

    def start(self) -> None:
        """Start it, and wait until it is healthy."""
        self._service = start_service(
            self.state,
            project=PROJECT,
            environment={**self.environment, **self.own},
            arguments=("--workers", str(WORKERS)),
            port=self.port,
        )
        self.service.wait_until_healthy()

    def kill(self) -> None:
        """SIGKILL for `cli serve` itself; its processes have to notice by themselves. Then it is started again."""
        orphans = psutil.Process(self.service.process.pid).children(recursive=True)
        self.service.process.kill()
        self.service.process.wait()
        psutil.wait_procs([orphan for orphan in orphans if "api" in _command(orphan)], timeout=30)  # it has the port
        self._earlier_logs += self.service.log
        self.start()

    def kill_one(self, role: str, choose: float) -> bool:
        """SIGKILL for one process of `api` or `worker`; waits for one to be there. False when there was none."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = [process for process in self.service.processes(role) if role in _command(process)]
            if found:
                with suppress(psutil.NoSuchProcess):  # the model was faster
                    found[int(choose * len(found))].kill()
                    return True
            time.sleep(0.05)
        return False

    def fill_disk(self, full: bool) -> None:
        """Whether the files that its processes write can grow no further. Only where LIMITS_FILES is true."""
        limit = 4096 if full else psutil.RLIM_INFINITY
        for process in psutil.Process(self.service.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a child of quarantine ends when its work is done
                process.rlimit(psutil.RLIMIT_FSIZE, (limit, psutil.RLIM_INFINITY))

    def promote(self, tag: str) -> None:
        cli("promote", tag, "--project", str(PROJECT), env=self.environment)

    def stop(self) -> list[str]:
        """End it as Ctrl-C would; what is left of it on this machine: processes and files that should be gone."""
        everything = psutil.Process(self.service.process.pid).children(recursive=True)
        self.service.stop()
        _, alive = psutil.wait_procs(everything, timeout=WORKER_TIMEOUT + PREDICT_TIMEOUT + 10)
        left = [f"process {process.pid} is still there" for process in {*alive, *self._stragglers()}]
        return left + [f"{path} was left behind" for path in self.temporary.rglob("*") if path.is_file()]

    def end(self) -> None:
        """Whatever state it is in: end what is left of it."""
        if self._service is not None and self._service.process.poll() is None:
            self._service.stop()
        for process in self._stragglers():
            process.kill()

    def _stragglers(self) -> list[psutil.Process]:
        """Of earlier lives too: whoever has our scratch folder in its environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TMPDIR") == str(self.temporary):
                    found.append(process)
            except psutil.Error:  # it has ended, or is another user's
                continue
        return found


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
