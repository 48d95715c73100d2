"""cli package: its output, its errors, and the deployment.json that serverless.yml reads."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.deployment import BUILD, Deployment
from commands.packaging.environment import deployment_document
from serving.errors import SettingsError
from tests.building import build_folder
from tests.making import write_project
from tests.packaging.conftest import Built
from tests.running import ROOT, cli


@pytest.fixture(autouse=True)
def at_work() -> Iterator[None]:
    with build_folder():
        yield


@pytest.fixture
def elsewhere(tmp_path: Path, host: Built) -> Path:
    """A folder to package from, the host's libraries kept from before."""
    return tmp_path


def package(folder: Path, *arguments: str, check: bool = True, **environment: str):  # type: ignore[no-untyped-def]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return cli("package", "--for", "host", *arguments, cwd=folder, env=variables, check=check)


def test_json_names_the_zips_and_their_sizes(elsewhere: Path) -> None:
    document = json.loads(package(elsewhere, "--project", str(ROOT), "--json").stdout)
    assert document.keys() == {"api", "worker"}
    worker = document["worker"]
    assert Path(worker["path"]).stat().st_size == worker["zipped"]
    assert worker["counted"] == sum(size["compiled"] for size in worker["packages"]) < worker["limit"]
    assert json.loads((BUILD / "deployment.json").read_text())["service"] == "iris"


def test_people_are_shown_each_package_against_the_limit(elsewhere: Path) -> None:
    shown = package(elsewhere, "--project", str(ROOT))
    for text in ("scikit-learn", "scipy", "of Lambda's 250", "together", "build/worker.zip", "are ready for Python"):
        assert text in shown.stdout
    assert "adding the service" in shown.stderr


def test_data_in_a_package_folder_is_said_to_stay_behind(elsewhere: Path) -> None:
    project = write_project(elsewhere / "project", "size: float")
    (project / "features").mkdir()
    (project / "features" / "__init__.py").touch()
    (project / "features" / "flowers.csv").touch()
    assert "Left out as data: features/flowers.csv." in package(elsewhere, "--project", str(project)).stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--tag", "v1"), {}, "set BUCKET"),
        ((), {"RATE_LIMIT": "5/minute"}, "THROTTLE_RATE"),
        (("--python-version", "3.9"), {}, "PYTHON_VERSION is '3.9'"),
        (("--project", "nowhere"), {}, "There is no"),
    ],
)
def test_what_can_not_be_packaged_is_one_message(
    arguments: tuple[str, ...], environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    write_project(tmp_path, "size: float")
    finished = package(tmp_path, *arguments, check=False, **environment)
    assert finished.returncode == 1
    assert finished.stderr.startswith("error:")
    assert said in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_a_tag_that_is_not_in_the_bucket_is_said(iris_bucket: str, tmp_path: Path) -> None:
    write_project(tmp_path, "size: float")
    finished = package(tmp_path, "--tag", "v9", check=False, BUCKET=iris_bucket)
    assert finished.returncode == 1
    assert "no model with the tag v9" in finished.stderr


def test_deployment_json_holds_what_differs_from_the_defaults(tmp_path: Path) -> None:
    environ = {"BUCKET": "s3://models", "MAX_RECORDS": "50", "CORS_ORIGINS": "https://a.org, https://b.org"}
    environ |= {"WORKER_TIMEOUT": "120", "BATCH_WINDOW": "2", "AWS_REGION": "eu-central-1", "STATE_DIR": "/x"}
    deployment = Deployment.read(environ, backend="aws", service="iris", stage="prod", project_dir=tmp_path)
    document = deployment_document(deployment, api=ROOT / "build/api.zip", worker=tmp_path / "worker.zip")
    assert document["api_artifact"] == "build/api.zip"
    assert document["worker_artifact"] == str(tmp_path / "worker.zip")
    assert document["cors_origins"] == ["https://a.org", "https://b.org"]
    assert (document["stack"], document["visibility"], document["alarm_email"]) == ("iris-prod", 722, "")
    assert document["environment"] == {
        "BACKEND": "aws",
        "SERVICE": "iris",
        "STAGE": "prod",
        "BUCKET": "models",
        "PROJECT_DIR": "project",
        "WORKER_MEMORY": "1769",
        "MAX_RECORDS": "50",
        "CORS_ORIGINS": "https://a.org, https://b.org",
        "WORKER_TIMEOUT": "120",
        "AWS_CA_BUNDLE": "/var/task/serving/aws/roots.pem",
    }


@pytest.mark.parametrize(
    ("region", "package_for", "short"),
    [
        ("us-east-1", "lambda", True),
        ("ap-southeast-4", "lambda", True),
        ("us-east-1", "host", False),
        ("cn-north-1", "lambda", False),
        ("us-gov-west-1", "lambda", False),
        ("us-iso-east-1", "lambda", False),
        (None, "lambda", False),
    ],
)
def test_functions_trust_amazons_own_roots_alone_where_those_sign_for_aws(
    region: str | None, package_for: str, short: bool, tmp_path: Path
) -> None:
    deployment = Deployment.read({}, backend="aws", project_dir=tmp_path, aws_region=region, package_for=package_for)
    document = deployment_document(deployment, api=tmp_path / "api.zip", worker=tmp_path / "worker.zip")
    assert ("AWS_CA_BUNDLE" in document["environment"]) is short


def test_packaging_needs_no_bucket_and_no_region(tmp_path: Path) -> None:
    deployment = Deployment.read({}, backend="aws", project_dir=tmp_path)
    document = deployment_document(deployment, api=tmp_path / "api.zip", worker=tmp_path / "worker.zip")
    assert document["bucket"] == document["region"] == document["environment"]["BUCKET"] == ""


def test_a_rate_limit_that_only_one_machine_can_count_is_refused(tmp_path: Path) -> None:
    deployment = Deployment.read({"RATE_LIMIT": "5/minute"}, backend="aws", project_dir=tmp_path)
    with pytest.raises(SettingsError, match="THROTTLE_RATE"):
        deployment_document(deployment, api=tmp_path, worker=tmp_path)


def test_a_file_and_a_stored_model_exclude_each_other(tmp_path: Path) -> None:
    refused = cli("package", "--stored", "--model", str(tmp_path / "model.pkl"), check=False)
    assert refused.returncode == 1
    assert "--stored takes a model of the bucket and --model a file" in refused.stderr
