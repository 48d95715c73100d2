"""A fork of the template, and a tiny repository that uses it as an action, over one emulated account."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.emulator import REGION, Emulator, running_emulator
from tests.running import ROOT, cli
from tests.workflows.github import Repository, forked
from tests.workflows.runner import Ran

BUCKET = "models-of-the-lab"


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("account"), tls=True) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def fork(account: Emulator, iris_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """After the first-time path of README, short of the push."""
    made = Repository("Iris-Lab/iris", account, tmp_path_factory.mktemp("fork"))
    forked(made)
    made.commit({"service.toml": f'name = "iris"\nstage = "dev"\nbucket = "{BUCKET}"\nregion = "{REGION}"\n'})
    first_time(made, ROOT, iris_model)  # a fork's own `cli` is this one, until it is changed
    return made


@pytest.fixture(scope="session")
def deployed(fork: Repository) -> Ran:
    """The fork's first push."""
    ran = fork.run("deploy.yml")
    assert ran.ok, ran.told()
    return ran


def first_time(repository: Repository, project: Path, model: Path, bucket: str = BUCKET) -> None:
    """What a person does once, with an administrator's credentials."""
    administrator = {**os.environ, **repository.emulator.environment, "BUCKET": bucket}
    cli("create-bucket", bucket, env=administrator)
    cli("upload", bucket, str(model), "--tag", "v1", "--project", str(project), env=administrator)
    who = ("--repository", repository.name, "--without-ids", "--project", str(project))
    made = cli("setup-ci", "--make", "--yes", "--json", *who, env=administrator)
    repository.variables |= json.loads(made.stdout)["github"]["variables"]
