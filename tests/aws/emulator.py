"""The emulated AWS: MiniStack in a process of its own, on the loopback, enforcing IAM."""

import mmap
import os
import signal
import ssl
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
import certifi
import httpx
from botocore.config import Config

from tests.running import PATIENCE, ROOT, free_port

PYTHON = ROOT / ".tools" / "ministack" / "bin" / "python"
REGION = "eu-central-1"
ROOT_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=30, read_timeout=120)


@dataclass
class Emulator:
    """A running MiniStack."""

    process: subprocess.Popen[bytes]
    port: int
    clock: mmap.mmap
    log_path: Path
    certificate: Path | None

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to find the emulator in place of AWS, as the account's root."""
        region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        resolver = str(Path(__file__).with_name("resolver"))
        trusted = trusting(self.certificate) if self.certificate else {}
        return {**ROOT_KEYS, **region, **trusted, "AWS_ENDPOINT_URL": self.url, "PYTHONPATH": resolver}

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client; as root, or with `aws_access_key_id` and so on of somebody else."""
        keys = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        trusted = str(self.certificate) if self.certificate else None
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=CONFIG, verify=trusted, **keys)

    def http(self, host: str | None = None) -> httpx.Client:
        """A plain client; with `host`, of the API of that name, whatever this machine's resolver knows."""
        trusted = ssl.create_default_context(cafile=self.certificate) if self.certificate else True
        headers = {"Host": host} if host else {}
        return httpx.Client(base_url=self.url, headers=headers, verify=trusted, timeout=PATIENCE)

    def passes(self, seconds: float) -> None:
        """Move the clock of the queues: what was hidden for so long becomes visible."""
        self.clock[:8] = struct.pack("d", struct.unpack("d", self.clock[:8])[0] + seconds)

    @property
    def batches(self) -> int:
        """How many batches of messages functions are at, in this moment."""
        return int(struct.unpack("d", self.clock[8:])[0])

    def stop(self) -> None:
        """End it and the Lambda processes that it has started: it keeps nothing worth waiting for."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_emulator(folder: Path, *, tls: bool = False, **environment: str) -> Iterator[Emulator]:
    """A fresh, empty account, ended with the block. With `tls`, policies that ask for it are satisfied."""
    if not PYTHON.exists():
        raise AssertionError("The emulated AWS is not installed: run `make .tools/ministack`.")
    port = free_port()
    clock_path, log_path = folder / "clock", folder / "ministack.log"
    clock_path.write_bytes(bytes(16))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    own = {
        **ROOT_KEYS,
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",  # API ids become names below it: see resolver/
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(folder),
    }
    certificate = make_certificate(folder) if tls else None
    if certificate is not None:
        key = str(certificate.with_suffix(".key"))
        own |= {"USE_SSL": "1", "MINISTACK_SSL_CERT": str(certificate), "MINISTACK_SSL_KEY": key}
        own |= trusting(certificate)
    with log_path.open("wb") as log, clock_path.open("r+b") as clock_file:
        process = subprocess.Popen(
            [str(PYTHON), str(Path(__file__).with_name("launch.py")), str(clock_path)],
            env={**kept, **own, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # its Lambda processes can be ended with it
        )
        clock = mmap.mmap(clock_file.fileno(), 16)
    emulator = Emulator(process=process, port=port, clock=clock, log_path=log_path, certificate=certificate)
    try:
        _wait(emulator)
        yield emulator
    finally:
        emulator.stop()


def make_certificate(folder: Path) -> Path:
    """A certificate for the loopback and the APIs below it, its key beside it."""
    certificate = folder / "emulator.pem"
    names = "subjectAltName=DNS:localhost,DNS:*.execute-api.localhost,IP:127.0.0.1"
    kind = ["-addext", names, "-addext", "basicConstraints=critical,CA:FALSE"]
    files = ["-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=emulator"]
    subprocess.run([*command, *kind, *files], check=True, capture_output=True)
    return certificate


def trusting(certificate: Path) -> dict[str, str]:
    """For boto3, Node, httpx and uv: the emulator's certificate is trusted beside those of this machine."""
    bundle = certificate.with_suffix(".bundle")
    if not bundle.exists():
        roots = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or certifi.where()
        bundle.write_bytes(Path(roots).read_bytes() + b"\n" + certificate.read_bytes())
    return dict.fromkeys(("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"), str(bundle))


def _wait(emulator: Emulator) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        if emulator.process.poll() is not None:
            raise AssertionError(f"the emulator ended with {emulator.process.returncode}:\n{emulator.log}")
        try:
            with emulator.http() as http:
                http.get("/_ministack/health").raise_for_status()
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
