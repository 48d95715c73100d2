"""`make audit` asks the advisory services of the loopback: OSV and npm's registry, each as its own client asks it."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from commands.auditing import locked
from tests.running import ROOT

pytestmark = pytest.mark.service
PINS = {name: pin.partition("==")[2] for pins in locked() for pin in pins for name in [pin.partition("==")[0]]}


@contextmanager
def advisories(python: Mapping[str, Any], npm: Mapping[str, Any], *, silent: bool = False) -> Iterator[dict[str, str]]:
    """Services that know these; the environment in which they are asked. A silent one is a mirror without them."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            asked = json.loads(content)
            if self.path == "/v1/query":
                found = python.get(asked["package"]["name"])
                answer = {"vulns": [found]} if found else {}
            else:
                answer = {name: [known] for name, known in npm.items() if name in asked}
            body = json.dumps(answer).encode()
            self.send_response(405 if silent else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.send_error(404)  # npm asks for what mends a package

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield {"OSV_URL": f"{url}/v1/query", "npm_config_registry": url, "npm_config_fetch_retries": "0"}
        server.shutdown()
        thread.join()


def audit(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commands.auditing"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


def of_pypi(name: str) -> dict[str, Any]:
    place = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999"}]}]}
    package = {"package": {"name": name, "ecosystem": "PyPI"}}
    return {"id": "PYSEC-2026-1", "summary": f"{name} opens the door", "affected": [{**package, **place}]}


def of_npm(name: str, severity: str) -> dict[str, Any]:
    url = f"https://github.com/advisories/GHSA-{name}"
    return {"id": 1, "url": url, "title": f"{name} opens the door", "severity": severity, "vulnerable_versions": "*"}


def test_where_nothing_is_known_it_counts_what_was_looked_at() -> None:
    with advisories({}, {}) as environment:
        found = audit(environment)
    assert found.returncode == 0, found.stderr
    assert "pins of poetry.lock, 2 package-lock.json files: 0 known, 0 fail." in found.stdout


def test_what_is_shipped_fails_whatever_it_is_and_tools_when_it_is_grave() -> None:
    python = {"starlette": of_pypi("starlette"), "pytest": of_pypi("pytest")}
    npm = {"preact": of_npm("preact", "low"), "vitest": of_npm("vitest", "moderate"), "osls": of_npm("osls", "high")}
    with advisories(python, npm) as environment:
        found = audit(environment)
    assert found.returncode == 1, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0].startswith(f"FAILS poetry.lock: starlette {PINS['starlette']}: PYSEC-2026-1")
    assert "(mended in 999)" in lines[0]
    assert [line.split(":")[:2] for line in lines[1:4]] == [
        ["FAILS webform/package-lock.json", " preact *"],
        ["told  webform/package-lock.json", " vitest *"],
        ["FAILS package-lock.json", " osls *"],
    ]
    assert lines[4].endswith("4 known, 3 fail."), "pytest is nobody's who runs the service"


def test_a_mirror_without_advisories_is_told_and_is_no_all_clear() -> None:
    with advisories({}, {}, silent=True) as environment:
        found = audit(environment)
    assert found.returncode == 2
    assert found.stdout == ""
    assert "Nobody knows: http://127.0.0.1" in found.stderr
    assert "Nobody knows: npm's registry was asked for advisories, and there is no answer: 405" in found.stderr
    assert "where the advisory services can be reached" in found.stderr
    assert "Traceback" not in found.stderr


def test_every_pin_that_a_lambda_carries_is_asked_about() -> None:
    lock = (ROOT / "poetry.lock").read_text(encoding="utf-8")
    assert {"fastapi", "mangum", "pydantic", "scikit-learn", "numpy", "pandas", "boto3"} <= PINS.keys()
    assert sum(map(len, locked())) > len(PINS), "versions that differ by Python are asked about each"
    assert all(f'name = "{name}"' in lock for name in PINS)
    assert "pytest" not in PINS
