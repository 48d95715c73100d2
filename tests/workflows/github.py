"""A repository on GitHub, as its workflows see it: checkouts, the login to AWS, and pages."""

import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.aws.e2e.conftest import SETTINGS
from tests.aws.emulator import Emulator, make_certificate
from tests.aws.tokens import taken, token
from tests.running import ROOT
from tests.webform.fixtures import Quiet
from tests.workflows.runner import Host, Job, Ran, run_workflow

TEMPLATE = "Somebody/sklearn-prediction-api"
OUTER = ("AWS_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTEST", "GITHUB_", "PROJECT_DIR", "DATA_DIR", "PYTHONDONT")
"""Of this machine's environment what a runner of GitHub has not: our own run's."""


@dataclass
class Repository:
    """`origin` is what was pushed; `workspace` and `temp` are a runner's, kept from run to run to save its time."""

    name: str
    emulator: Emulator
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    action: Path | None = None  # a checkout of the template, where it is used as an action

    def __post_init__(self) -> None:
        for path in (self.temp, self.published):
            path.mkdir(parents=True)

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def published(self) -> Path:
        """What GitHub Pages shows, at /."""
        return self.folder / "published"

    @property
    def summary(self) -> str:
        return (self.temp / "github_step_summary").read_text(encoding="utf-8")

    def commit(self, files: Mapping[str, str]) -> None:
        """Write the files, and push them."""
        for name, text in files.items():
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(self.origin, "add", "--all")
        git(self.origin, "commit", "--quiet", "--message", "A change")

    def run(self, workflow: str, event: str = "push", branch: str = "main", **inputs: str) -> Ran:
        """What the event makes GitHub run."""
        (self.temp / "github_step_summary").write_text("")
        github = {
            "event_name": event,
            "ref": f"refs/heads/{branch}",
            "ref_name": branch,
            "repository": self.name,
            "event": {"repository": {"default_branch": "main"}},
        }
        host = Host(
            workspace=self.workspace,
            temp=self.temp,
            environment=self._environment(),
            github=github,
            variables=self.variables,
            secrets=self.secrets,
            actions={
                "actions/checkout": self._checkout,
                "actions/setup-python": self._python,
                "aws-actions/configure-aws-credentials": self._log_in,
                "actions/upload-pages-artifact": self._hand_over,
                "actions/deploy-pages": self._publish,
            },
            ours={"./": self.workspace, TEMPLATE: self.action or self.workspace},
        )
        return run_workflow(self.origin / ".github/workflows" / workflow, host, inputs=inputs)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(OUTER)}
        there = {name: value for name, value in self.emulator.environment.items() if not _login(name)}
        python = Path(sys.base_prefix) / "bin"
        # the unit tests are their own test's matter: here it is enough that some of them are run
        fewer = {"PYTEST_ADDOPTS": "tests/test_address.py -p no:cacheprovider"}
        return {**own, **there, **SETTINGS, **fewer, "PATH": f"{python}{os.pathsep}{os.environ['PATH']}"}

    def _checkout(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert given["persist-credentials"] == "false"
        if self.workspace.exists():
            git(self.workspace, "fetch", "--quiet", "origin")
            git(self.workspace, "reset", "--quiet", "--hard", "origin/main")
        else:
            git(self.folder, "clone", "--quiet", str(self.origin), str(self.workspace))
        return {}

    def _python(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert given["python-version"] == "3.13", "Lambda's; here it is this machine's"
        return {}

    def _log_in(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        job.environment |= dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), given["aws-region"])
        if given["role-to-assume"]:
            assert job.permissions["id-token"] == "write", "GitHub gives no token without it"
            subject = f"repo:{self.name}:ref:{job.host.github['ref']}"
            job.environment |= taken(self.emulator, given["role-to-assume"].rpartition("/")[2], token(subject))
        else:
            names = {"AWS_ACCESS_KEY_ID": "aws-access-key-id", "AWS_SECRET_ACCESS_KEY": "aws-secret-access-key"}
            job.environment |= {name: given[option] for name, option in names.items()}
        return {}

    def _hand_over(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        shutil.rmtree(self.temp / "artifact", ignore_errors=True)
        shutil.copytree(given["path"], self.temp / "artifact")
        return {}

    def _publish(self, job: Job, given: Mapping[str, str]) -> Mapping[str, str]:
        assert job.permissions == {"pages": "write", "id-token": "write"}
        shutil.copytree(self.temp / "artifact", self.published / self.name.partition("/")[2], dirs_exist_ok=True)
        return {"page_url": self.pages}

    @property
    def pages(self) -> str:
        owner, _, name = self.name.partition("/")
        return f"https://{owner.lower()}.github.io/{name}/"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def forked(repository: Repository) -> None:
    """The template under another name: a fresh clone of what is committed."""
    git(repository.folder, "clone", "--quiet", str(ROOT), str(repository.origin))
    git(repository.origin, "checkout", "--quiet", "-B", "main")


@contextmanager
def pages_host(folder: Path, certificates: Path) -> Iterator[int]:
    """GitHub Pages on a port of the loopback, with TLS."""
    certificate = make_certificate(certificates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _login(name: str) -> bool:
    return name.startswith("AWS_") and name not in {"AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"}


def steps_of(document: Mapping[str, Any]) -> list[str]:
    """The commands of a job or an action, as they are written."""
    return [step["run"] for step in document.get("steps", document.get("runs", {}).get("steps", [])) if "run" in step]
