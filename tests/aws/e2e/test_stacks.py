"""Several services and stages in one account, none in the other's way; and deployments that fail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.aws.e2e.conftest import SETTINGS, Site
from tests.aws.e2e.project import EXAMPLE, write_e2e_project
from tests.aws.emulator import Emulator


@pytest.fixture(scope="module")
def beta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_e2e_project(tmp_path_factory.mktemp("beta") / "beta", "beta")


@pytest.fixture(scope="module")
def standing(emulated_account: Emulator, beta: Path) -> Site:
    """A stage of beta that the tests below leave as it is."""
    return deployed(emulated_account, beta, "standing", "--tag", "v1", "--model", str(beta / "build/model.pkl"))


SHARED = {"ModelBucket", "SchemaHash", "Libraries"}


def deployed(account: Emulator, project: Path, stage: str, *arguments: str, **environment: str) -> Site:
    site = Site(account, project, stage, {**account.environment, **SETTINGS, **environment})
    site.endpoint = site.cli("deploy", "--stage", stage, *arguments).stdout.strip().splitlines()[-1]
    return site


def answer(site: Site) -> dict[str, Any]:
    with site.client() as api:
        return site.finished(api, api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"])


def test_services_and_stages_are_not_in_each_others_way(site: Site, standing: Site, beta: Path) -> None:
    account = site.emulator
    dev = deployed(account, beta, "dev", "--tag", "v1")
    sites = [dev, standing, site]
    assert len({one.endpoint for one in sites}) == 3
    values = [value for one in sites for name, value in one.outputs().items() if name not in SHARED]
    assert len(set(values)) == len(values), "nothing is shared but a service's models"
    first = [answer(one) for one in sites]
    tags = [found["model"]["tag"] for found in first]
    assert tags[:2] == ["v1", "v1"]
    assert tags[2] not in {"v1", "v2"}
    with dev.client() as api:
        assert api.get(f"/api/predict/{first[1]['prediction_id']}").status_code == 404

    updated = deployed(account, beta, "dev", "--tag", "v2", "--model", str(beta / "build/model.pkl"))
    assert updated.endpoint == dev.endpoint
    assert answer(dev)["model"]["tag"] == "v2"
    assert answer(standing)["model"]["tag"] == "v1"

    removed = dev.cli("remove", "--stage", "dev", "--yes")
    assert "beta-dev is removed" in removed.stdout
    assert [answer(other)["model"]["tag"] for other in (standing, site)] == tags[1:]
    assert "is not deployed" in dev.cli("status", "--stage", "dev", check=False).stderr

    again = deployed(account, beta, "dev")
    assert answer(again)["model"]["tag"] == "v2", "the models outlive the stack"


def test_remove_asks_and_says_what_goes(standing: Site) -> None:
    answer(standing)
    asked = standing.cli("remove", "--stage", "standing", check=False)
    assert asked.returncode == 1
    assert "0 pending and" in asked.stderr
    assert "add --yes" in asked.stderr
    assert answer(standing)["status"] == "succeeded"


def test_a_service_with_keys_is_deployed_again_with_a_key_of_its_own(standing: Site) -> None:
    key = standing.cli("keys", "create", "partner", "--stage", "standing").stdout.strip()
    (standing.project / "form.yml").write_text("title: Beta, with keys\n")  # so that the Lambdas start anew
    standing.cli("deploy", "--stage", "standing")
    listed = json.loads(standing.cli("keys", "list", "--stage", "standing", "--json").stdout)
    assert [key["name"] for key in listed] == ["partner"]
    with standing.client() as api:
        assert api.post("/api/predict", json=EXAMPLE).status_code == 401
        assert api.post("/api/predict", json=EXAMPLE, headers={"X-API-Key": key}).status_code == 202
    standing.cli("keys", "revoke", "partner", "--stage", "standing", "--yes")


@contextmanager
def failing_on_aws_only(project: Path) -> Iterator[None]:
    """Within the block the project's model works on this machine and raises on Lambda."""
    source = (project / "deeds.py").read_text()
    body = 'import os\n    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:\n        raise ValueError("only on AWS")\n'
    (project / "deeds.py").write_text(source.replace("def act(frame):\n", f"def act(frame):\n    {body}"))
    try:
        yield
    finally:
        (project / "deeds.py").write_text(source)


def test_a_deployment_that_fails_its_smoke_test_is_undone(standing: Site) -> None:
    with failing_on_aws_only(standing.project):
        failed = standing.cli("deploy", "--stage", "standing", check=False)
    assert failed.returncode == 1
    assert "only on AWS" in failed.stderr
    assert "Going back to the stack as it was deployed before" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert answer(standing)["result"]["prediction"] == "class 02"
    with failing_on_aws_only(standing.project):
        standing.cli("deploy", "--stage", "standing", check=False)
    assert answer(standing)["result"]["prediction"] == "class 02", "not back to the one that failed before"


def test_a_model_that_fails_on_this_machine_is_not_deployed(emulated_account: Emulator, beta: Path) -> None:
    source = (beta / "deeds.py").read_text()
    (beta / "deeds.py").write_text(f"import nowhere_to_be_found\n{source}")
    site = Site(emulated_account, beta, "never", {**emulated_account.environment, **SETTINGS})
    try:
        refused = site.cli("deploy", "--stage", "never", check=False)
    finally:
        (beta / "deeds.py").write_text(source)
    assert refused.returncode == 1
    assert "nowhere_to_be_found" in refused.stderr
    assert "is not deployed" in site.cli("status", "--stage", "never", check=False).stderr


def test_a_first_deployment_that_fails_stays_to_be_looked_at(emulated_account: Emulator, beta: Path) -> None:
    site = Site(emulated_account, beta, "first", {**emulated_account.environment, **SETTINGS})
    with failing_on_aws_only(beta):
        failed = site.cli("deploy", "--stage", "first", check=False)
    assert failed.returncode == 1
    assert "cli remove --stage first" in failed.stderr
    assert json.loads(site.cli("status", "--stage", "first", "--json").stdout)["model"] is not None
    site.cli("remove", "--stage", "first", "--yes")
