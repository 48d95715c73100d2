"""Another model for a stage that is deployed: promoted, taken back, and refused where it needs a deployment."""

import json
import time
from pathlib import Path
from typing import Any

from serving.aws.models import S3Bucket
from serving.models import ModelRegistry
from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE
from tests.manifests import libraries, manifest_of


def registry_of(site: Site) -> ModelRegistry:
    bucket = S3Bucket(site.outputs()["ModelBucket"], s3=site.emulator.client("s3"))
    return ModelRegistry(bucket=bucket, service="e2e", stage=site.stage)


def put(site: Site, tag: str, **changes: Any) -> None:
    """The deployed model once more, under another tag."""
    path: Path = site.project / "build" / "model.pkl"
    registry_of(site).upload(path, manifest_of(path.read_bytes(), tag=tag, project=site.project, **changes))


def served(site: Site) -> str:
    """The tag that the next prediction names, once workers had the time to follow."""
    time.sleep(1.2)  # MODEL_REFRESH is 1
    with site.client() as api:
        location = api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"]
        return str(site.finished(api, location)["model"]["tag"])


def info(site: Site) -> dict[str, Any]:
    time.sleep(1.2)
    with site.client() as api:
        model: dict[str, Any] = api.get("/api/info").raise_for_status().json()["model"]
        return model


def test_a_model_is_promoted_and_taken_back_without_a_deployment(site: Site) -> None:
    first = served(site)
    assert info(site)["tag"] == first
    put(site, "second")
    assert f"second is current now (before: {first})" in site.cli("promote", "second", "--stage", "dev").stdout
    assert served(site) == "second"
    assert info(site).keys() == {"tag", "sha256", "created_at", "versions", "metrics"}
    assert info(site)["tag"] == "second"
    assert "second is current in e2e/dev" in site.cli("delete", "second", "--stage", "dev", "--yes", check=False).stderr
    assert f"{first} is current now (before: second)" in site.cli("rollback", "--stage", "dev").stdout
    assert served(site) == info(site)["tag"] == first
    assert "second is deleted" in site.cli("delete", "second", "--stage", "dev", "--yes").stdout


def test_what_needs_a_deployment_is_refused_and_what_can_not_be_loaded_is_told(site: Site) -> None:
    first = served(site)
    put(site, "older", libraries=libraries(scikit_learn="1.5.2"))
    refused = site.cli("promote", "older", "--stage", "dev", check=False)
    assert "older needs scikit-learn 1.5.2, and what is deployed has" in refused.stderr
    assert f"`cli deploy --tag older --stage dev --project {site.project}` brings what is needed" in refused.stderr
    assert registry_of(site).promote("older").previous is not None  # as nobody can but by hand
    assert served(site) == first
    assert (info(site)["tag"], info(site)["wanted"]) == (first, "older")
    told = json.loads(site.cli("status", "--stage", "dev", "--json").stdout)
    assert "Model older needs scikit-learn 1.5.2" in told["model_problem"]
    assert f"{first} is current now (before: older)" in site.cli("rollback", "--stage", "dev").stdout
    assert served(site) == info(site)["tag"] == first
