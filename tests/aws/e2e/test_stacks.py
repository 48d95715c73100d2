"""Several services and stages in one account, none in the other's way; and deployments that fail."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.aws.payloads import Payloads
from serving.aws.predictions import DynamoPredictions
from serving.aws.table import Table
from serving.keys import REFRESH_SECONDS, KeyRing
from serving.receipt import SigningKey, verify
from tests.aws.e2e.conftest import SETTINGS, Site
from tests.aws.e2e.project import EXAMPLE, write_e2e_project
from tests.aws.emulator import Emulator
from tests.planted import found


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
    key, other = (
        standing.cli("keys", "create", name, "--stage", "standing").stdout.strip() for name in ("partner", "other")
    )
    (standing.project / "form.yml").write_text("title: Beta, with keys\n")  # so that the Lambdas start anew
    standing.cli("deploy", "--stage", "standing")
    listed = json.loads(standing.cli("keys", "list", "--stage", "standing", "--json").stdout)
    assert [key["name"] for key in listed] == ["partner", "other"], "the smoke test's is gone"
    with standing.client() as api:
        assert api.post("/api/predict", json=EXAMPLE).status_code == 401
        assert api.post("/api/predict", json=EXAMPLE, headers={"X-API-Key": key}).status_code == 202
        refused_within_a_minute(standing, api, "partner", key, other)
        told = standing.cli("logs", "--since", "15m", "--stage", "standing", "--json").stdout
        assert found([key, other], {"the log": told, "outputs": json.dumps(standing.outputs())}) == []
    standing.cli("keys", "revoke", "other", "--stage", "standing", "--yes")


def refused_within_a_minute(site: Site, api: httpx.Client, name: str, revoked: str, kept: str) -> None:
    """Revoke a key and sign with a new one: Lambdas that run know the keys of a minute ago, and not for longer."""

    def post(key: str) -> httpx.Response:
        return api.post("/api/predict", json=EXAMPLE, headers={"X-API-Key": key})

    old = post(kept).json()["prediction_id"]
    first, second = rotated(site)
    assert verify([first], old)
    site.cli("keys", "revoke", name, "--stage", site.stage, "--yes")
    since = time.monotonic()
    while True:
        asked = time.monotonic()
        if post(revoked).status_code == 401:
            break
        assert asked - since <= REFRESH_SECONDS
        time.sleep(0.5)
    new = post(kept).raise_for_status().json()["prediction_id"]
    assert verify([second], new), "a second key signs now"
    for prediction_id in (old, new):
        location = f"/api/predict/{prediction_id}"
        assert site.finished(api, location)["status"] == "succeeded", "without any key"
        assert api.delete(location, headers={"X-API-Key": revoked}).status_code == 401
        assert api.delete(location, headers={"X-API-Key": kept}).status_code == 204


def rotated(site: Site) -> tuple[SigningKey, ...]:
    """The signing keys after `cli keys rotate`, as it was typed two minutes ago."""
    names = site.outputs()
    table = Table(site.emulator.client("dynamodb"), names["Table"])
    with ThreadPoolExecutor(1) as pool:
        store = DynamoPredictions(table, Payloads(site.emulator.client("s3"), names["PayloadBucket"]), pool)
        return KeyRing(store, ttl=60, clock=lambda: time.time() - 2 * REFRESH_SECONDS).rotate()


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
