"""Starts the real `cli serve` on a free port and ends it again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.warm import fork_of, run_warm

ROOT = Path(__file__).parent.parent
CLI = [sys.executable, "-m", "cli"]
PATIENCE = 200.0
"""Seconds for what takes two on an idle machine: no test may fail because others are at work."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*command: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """A command to its end, its output captured; in the repository unless `cwd` says otherwise."""
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, **{"timeout": 300, "cwd": ROOT, **options}
    )
    return checked(finished) if check else finished


def checked(finished: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    if finished.returncode:
        told = f"{finished.args} ended with {finished.returncode}:\n{finished.stdout}\n{finished.stderr}"
        raise AssertionError(told)
    return finished


def cli(
    *arguments: str,
    check: bool = True,
    cwd: Path = ROOT,
    env: Mapping[str, str] = os.environ,
    input: str = "",
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """`cli` to its end in a process of its own, its output captured."""
    process = fork_of(env)
    if process is None:
        return run(*CLI, *arguments, check=check, cwd=cwd, env=env, input=input, timeout=timeout)
    finished = run_warm(process, list(arguments), cwd=cwd, environment=env, text=input, seconds=timeout)
    return checked(finished) if check else finished


@dataclass
class Service:
    """A running `cli serve`."""

    process: subprocess.Popen[str]
    port: int
    state_dir: Path
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def client(self, **options: Any) -> httpx.Client:
        """Without certificates: httpx reads them for 30 ms, whatever the address."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE, verify=False, **options)

    def processes(self, role: str) -> list[psutil.Process]:
        """Its children of a role: `api` or `worker`."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ended this moment
                if child.status() != psutil.STATUS_ZOMBIE and role in child.cmdline():
                    found.append(child)
        return found

    def wait_until_healthy(self, seconds: float = PATIENCE) -> None:
        until = time.monotonic() + seconds
        with self.client() as api:
            while not self._answers(api):
                if self.process.poll() is not None:
                    raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log}")
                if time.monotonic() > until:
                    raise AssertionError(f"not healthy after {seconds} seconds:\n{self.log}")
                time.sleep(0.05)
        while "Ctrl-C ends it" not in self.log:  # it answers a moment before it says so
            assert time.monotonic() < until, self.log
            time.sleep(0.01)

    def _answers(self, api: httpx.Client) -> bool:
        try:
            return api.get("/api/health", timeout=30).is_success
        except httpx.HTTPError:
            return False

    def stop(self) -> int:
        """As Ctrl-C would; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()  # nothing, where it has ended by itself


def start_service(
    state_dir: Path,
    *,
    project: Path = ROOT,
    model: Path | None = None,
    environment: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    port: int | None = None,
) -> Service:
    """Start `cli serve` without waiting for it."""
    port = port or free_port()
    log_path = state_dir.with_name(f"{state_dir.name}-{port}.log")
    command = [*CLI, "serve", "--project", str(project), "--port", str(port), "--state-dir", str(state_dir)]
    if model is not None:
        command += ["--model", str(model)]
    with log_path.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Service(process=process, port=port, state_dir=state_dir, log_path=log_path)


@contextmanager
def running_service(state_dir: Path, **options: Any) -> Iterator[Service]:
    """A healthy service, ended with the block."""
    service = start_service(state_dir, **options)
    try:
        service.wait_until_healthy()
        yield service
    finally:
        service.stop()
