"""The emulated AWS: MiniStack in a process of its own, on the loopback, enforcing IAM."""

import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from tests.running import ROOT, free_port

PYTHON = ROOT / ".tools" / "ministack" / "bin" / "python"
REGION = "eu-central-1"
ROOT_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=30)


@dataclass
class Emulator:
    """A running MiniStack."""

    process: subprocess.Popen[bytes]
    port: int
    clock: mmap.mmap
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to find the emulator in place of AWS, as the account's root."""
        return {**ROOT_KEYS, "AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client; as root, or with `aws_access_key_id` and so on of somebody else."""
        keys = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=CONFIG, **keys)

    def passes(self, seconds: float) -> None:
        """Move the clock of the queues: what was hidden for so long becomes visible."""
        self.clock[:8] = struct.pack("d", struct.unpack("d", self.clock[:8])[0] + seconds)

    def stop(self) -> None:
        """End it and the Lambda processes that it has started."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def running_emulator(folder: Path, **environment: str) -> Iterator[Emulator]:
    """A fresh, empty account, ended with the block."""
    if not PYTHON.exists():
        raise AssertionError("The emulated AWS is not installed: run `make .tools/ministack`.")
    port = free_port()
    clock_path, log_path = folder / "clock", folder / "ministack.log"
    clock_path.write_bytes(bytes(8))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    own = {
        **ROOT_KEYS,
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(folder),
    }
    with log_path.open("wb") as log, clock_path.open("r+b") as clock_file:
        process = subprocess.Popen(
            [str(PYTHON), str(Path(__file__).with_name("launch.py")), str(clock_path)],
            env={**kept, **own, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # its Lambda processes can be ended with it
        )
        clock = mmap.mmap(clock_file.fileno(), 8)
    emulator = Emulator(process=process, port=port, clock=clock, log_path=log_path)
    try:
        _wait(emulator)
        yield emulator
    finally:
        emulator.stop()


def _wait(emulator: Emulator) -> None:
    until = time.monotonic() + 60
    while True:
        if emulator.process.poll() is not None:
            raise AssertionError(f"the emulator ended with {emulator.process.returncode}:\n{emulator.log}")
        try:
            httpx.get(f"{emulator.url}/_ministack/health", timeout=2).raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise AssertionError(f"the emulator does not answer:\n{emulator.log}") from None
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":  # to look around: python -m tests.aws.emulator FOLDER
    with running_emulator(Path(sys.argv[1])) as running:
        print(" ".join(f"{name}={value}" for name, value in running.environment.items()), flush=True)
        running.process.wait()
