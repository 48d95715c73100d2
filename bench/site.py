"""What a cold start needs around it: the bundles unpacked, Lambda's own libraries, a stack, and events."""

import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from packaging.requirements import Requirement

from bench.runtime_api import Function, running_function
from commands.deployment import HERE, Deployment
from commands.packaging.build import build
from commands.packaging.roots import amazon_roots
from commands.packaging.target import PLATFORMS
from serving.aws.connect import AwsBackend, connect_aws
from serving.settings import Settings
from tests.aws.emulator import Emulator, running_emulator
from tests.aws.fixtures import make_bucket, make_stack
from tests.manifests import manifest_of
from tests.running import ROOT

FLOORS = Path(__file__).with_name("floor")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A stack on the emulated AWS with the default project's model, and folders as Lambda lays them out."""

    emulator: Emulator
    settings: Settings
    backend: AwsBackend
    folder: Path
    environment: Mapping[str, str]

    def import_path(self, handler: str, bundle: str) -> list[Path]:
        """A handler of ours is in its bundle; a floor brings nothing, and has the bundle's very libraries."""
        below = [self.folder / bundle, self.folder / "runtime"]
        return [self.folder / "floor", *below] if "_floor." in handler else below

    @contextmanager
    def function(self, handler: str, bundle: str, *, verbose: bool = False) -> Iterator[Function]:
        """The handler in a fresh process of the runtime client."""
        with running_function(
            handler, self.import_path(handler, bundle), self.environment, verbose=verbose
        ) as function:
            yield function

    def batch(self) -> dict[str, Any]:
        """The trigger's event for what is in the queue: ten messages at most."""
        found = self.emulator.client("sqs").receive_message(
            QueueUrl=self.settings.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )["Messages"]
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": {},
                    "md5OfBody": message["MD5OfBody"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:iris",
                    "awsRegion": "eu-central-1",
                }
                for message in found
            ]
        }


@contextmanager
def running_site(folder: Path, *, tls: bool = False, shipped: bool = False) -> Iterator[Site]:
    """The default project on an emulated AWS, packaged for this machine; `shipped` as for Lambda, byte for byte.

    What is shipped runs on Linux under Lambda's own minor alone.
    """
    deployment = _unpack(folder, shipped=shipped)
    with running_emulator(folder, tls=tls) as emulator:
        reached = {name: value for name, value in emulator.environment.items() if name.startswith("AWS_")}
        stack = make_stack(emulator)
        settings = Settings.read({}, project_dir=ROOT, service="iris", **stack)
        with patch.dict(os.environ, reached):  # where boto3 looks for AWS
            session = boto3.Session()
            make_bucket(str(settings.bucket), session).client.close()
            backend = connect_aws(settings, session)
        model = _upload(backend, folder)
        names = {name.upper(): value for name, value in stack.items() if name not in {"backend", "aws_region"}}
        environment = {**deployment["environment"], **reached, **names, **_trusted(emulator), "MODEL": str(model)}
        try:
            yield Site(emulator=emulator, settings=settings, backend=backend, folder=folder, environment=environment)
        finally:
            backend.close()


def post(record: Mapping[str, Any]) -> dict[str, Any]:
    """The HTTP API's event, payload 2.0, of a POST."""
    body = json.dumps(record)
    return request("POST", "/api/predict", {"content-type": "application/json"}, body)


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: str | None = None
) -> dict[str, Any]:
    """The HTTP API's event, payload 2.0."""
    host = "abcdefghij.execute-api.eu-central-1.amazonaws.com"
    length = {"content-length": str(len(body))} if body is not None else {}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "host": host,
            "user-agent": "bench",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **length,
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "domainName": host,
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "bench",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "31/Jan/2026:12:00:00 +0000",
            "timeEpoch": 1769860800000,
        },
        "isBase64Encoded": False,
    }
    return event if body is None else {**event, "body": body}


def _unpack(folder: Path, *, shipped: bool) -> dict[str, Any]:
    """Both bundles, the floors and the runtime's libraries below `folder`; returns what deployment.json says."""
    made = folder / "build"
    made.mkdir(parents=True)
    target = {"package_for": "host"}
    if shipped:
        (architecture,) = (name for name, machine in PLATFORMS.items() if machine == platform.machine())
        target = {"python_version": HERE, "architecture": architecture}
    deployment = Deployment.read({}, backend="aws", project_dir=ROOT, **target)
    package = build(deployment, host=not shipped, folder=made)
    for name, path in (("api", package.api), ("worker", package.worker)):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / name)
    shutil.copytree(FLOORS, folder / "floor", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(folder / "floor", quiet=1)
    _copy_runtime(folder / "runtime")
    document: dict[str, Any] = json.loads(package.deployment.read_bytes())
    return document


def _trusted(emulator: Emulator) -> dict[str, str]:
    """As a deployed function: the roots that are in its bundle, and the emulated AWS's own certificate."""
    if emulator.certificate is None:
        return {}
    bundle = emulator.certificate.with_suffix(".roots")
    bundle.write_bytes(amazon_roots().encode() + emulator.certificate.read_bytes())
    return {"AWS_CA_BUNDLE": str(bundle)}


def _copy_runtime(target: Path) -> None:
    """What Lambda's Python brings: the runtime client and boto3, in the versions that are installed here."""
    wanted, seen = ["awslambdaric", "boto3"], set()
    while wanted:
        found = metadata.distribution(wanted.pop())
        if found.name in seen:
            continue
        seen.add(found.name)
        for file in found.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target / file)
        requirements = map(Requirement, found.requires or ())
        wanted += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    compileall.compile_dir(target, quiet=1, workers=0)


def _upload(backend: AwsBackend, folder: Path) -> Path:
    subprocess.run(
        [sys.executable, str(ROOT / "train.py"), str(folder / "model")], check=True, stdout=subprocess.DEVNULL
    )
    path = folder / "model" / "model.pkl"
    backend.registry.upload(path, manifest_of(path.read_bytes(), project=ROOT))
    backend.registry.promote("v1")
    return path
