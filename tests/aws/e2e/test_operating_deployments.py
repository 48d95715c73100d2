"""docs/operating.md's runbooks that move models, deploy, and begin anew: on a stack of their own, in this order."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from serving.aws.models import S3Bucket
from serving.models import ModelRegistry
from tests.aws.e2e.conftest import SETTINGS, Site
from tests.aws.e2e.project import EXAMPLE, write_e2e_project
from tests.aws.emulator import Emulator
from tests.manifests import manifest_of
from tests.operating import Shell, runbook
from tests.running import run

FORGETFUL = """
import os


def act(frame):
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ and (frame["x"] < 10).any():
        raise ValueError("no small x")
"""


@pytest.fixture(scope="module")
def ops(emulated_account: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A service whose project is a git repository, and whose first model is v1."""
    project = write_e2e_project(tmp_path_factory.mktemp("ops") / "ops", "ops")
    (project / ".gitignore").write_text("build\n__pycache__\n")
    made = Site(emulated_account, project, "dev", {**emulated_account.environment, **SETTINGS})
    committed(project, "It works")
    deployed = made.cli("deploy", "--no-form", "--tag", "v1", "--model", str(project / "build/model.pkl"))
    made.endpoint = deployed.stdout.strip().splitlines()[-1]
    return made


@pytest.fixture
def shell(ops: Site) -> Shell:
    """Whoever was woken, in the project's folder."""
    certificate = str(ops.emulator.certificate)
    return Shell(ops.project, {**ops.environment, "URL": ops.endpoint, "CURL_CA_BUNDLE": certificate})


def committed(project: Path, message: str) -> str:
    """The commit that has the project as it is now."""

    def git(*arguments: str) -> str:
        whoever = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        return run("git", *whoever, *arguments, cwd=project).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "--allow-empty", "-m", message)
    return git("rev-parse", "HEAD")


def mapping(ops: Site) -> dict[str, Any]:
    """The worker's trigger."""
    functions = ops.emulator.client("lambda")
    (found,) = functions.list_event_source_mappings(FunctionName=ops.outputs()["WorkerFunction"])["EventSourceMappings"]
    return dict(found)


def registry_of(ops: Site) -> ModelRegistry:
    bucket = S3Bucket(ops.outputs()["ModelBucket"], s3=ops.emulator.client("s3"))
    return ModelRegistry(bucket=bucket, service="ops", stage=ops.stage)


def answer(ops: Site, **changes: object) -> dict[str, Any]:
    """The finished prediction of a record that is sent now, once workers had the time to follow a move."""
    time.sleep(1.2)  # MODEL_REFRESH is 1
    with ops.client() as api:
        posted = api.post("/api/predict", json={**EXAMPLE, **changes}, headers=shown(ops)).raise_for_status()
        return ops.finished(api, posted.headers["Location"])


def shown(ops: Site) -> dict[str, str]:
    key = ops.environment.get("API_KEY")
    return {"X-API-Key": key} if key else {}


def test_a_model_is_rolled_back_and_one_is_chosen(ops: Site, shell: Shell) -> None:
    path = ops.project / "build" / "model.pkl"
    for tag in ("v2", "broken"):
        registry_of(ops).upload(path, manifest_of(path.read_bytes(), tag=tag, project=ops.project))
    ops.cli("promote", "v2", "--stage", "dev")
    assert answer(ops)["model"]["tag"] == "v2"
    with runbook("Roll back a model", shell) as step:
        assert "v2" in step("list-objects")
        assert "v1 is current now (before: v2)" in step("rollback")
        assert answer(ops)["model"]["tag"] == "v1"
        assert "v2 is current now (before: v1)" in step("promote", TAG="v2")
    assert answer(ops)["model"]["tag"] == "v2"


def test_a_model_that_cannot_be_loaded_is_told_and_taken_back(ops: Site, shell: Shell) -> None:
    s3 = ops.emulator.client("s3")
    s3.put_object(Bucket=ops.outputs()["ModelBucket"], Key="models/broken/model.pkl", Body=b"damaged")
    ops.cli("promote", "broken", "--stage", "dev")
    assert answer(ops)["model"]["tag"] == "v2", "the one before is served meanwhile"
    with runbook("A model cannot be loaded", shell) as step:
        assert "its sha256 differs" in " ".join(step("status").split())
        assert "v2 is current now" in step("rollback")
    assert answer(ops)["model"]["tag"] == "v2"
    assert json.loads(ops.cli("status", "--stage", "dev", "--json").stdout)["model_problem"] is None


def test_work_that_waits_gets_more_workers_and_a_bad_deployment_is_rolled_back(ops: Site, shell: Shell) -> None:
    good = committed(ops.project, "It works still")
    source = (ops.project / "deeds.py").read_text()
    (ops.project / "deeds.py").write_text(source.replace("def act(frame):\n", FORGETFUL))
    committed(ops.project, "It fails for small numbers, which no check on this machine and no example shows")
    with ops.client() as api, runbook("Work waits", shell) as step:
        with ops.paused():
            sent = [api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"] for _ in range(3)]
            assert "waiting 3" in " ".join(step("status").split())
        step("WORKER_CONCURRENCY=50 cli deploy")
        assert [ops.finished(api, location)["status"] for location in sent] == ["succeeded"] * 3
    assert mapping(ops)["ScalingConfig"] == {"MaximumConcurrency": 50}
    assert answer(ops, x=2.5)["error"]["code"] == "row_rejected"
    with runbook("Roll back a deployment", shell) as step:
        step("git checkout", COMMIT=good)
        step("cli deploy", TAG="v1")
    found = answer(ops, x=2.5)
    assert (found["result"]["prediction"], found["model"]["tag"]) == ("class 00", "v1")


def test_what_a_person_sent_is_erased(ops: Site, shell: Shell) -> None:
    said = "what nobody else says"
    prediction_id = answer(ops, note=said)["prediction_id"]
    with runbook("Erase what a person sent", shell) as step:
        step("curl -sf -X DELETE", ID=prediction_id, API_KEY="")
        with ops.client() as api:
            assert api.get(f"/api/predict/{prediction_id}").status_code == 410
        way = step("logs", ID=prediction_id)
    assert f"prediction_id={prediction_id} accepted" in way
    assert said not in way


def test_costs_are_cut(ops: Site, shell: Shell) -> None:
    with runbook("Costs run away", shell) as step:
        step("keys create operator")
        step("THROTTLE_RATE=5")
        assert "a month" in step("estimate")
    with ops.client() as api:
        assert api.post("/api/predict", json=EXAMPLE).status_code == 401
    template = ops.emulator.client("cloudformation").get_template(StackName=ops.stack)["TemplateBody"]
    settings = template["Resources"]["HttpApiStage"]["Properties"]["DefaultRouteSettings"]  # the emulator ignores them
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (5, 10)
    assert mapping(ops)["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_leaked_key_is_replaced(ops: Site, shell: Shell) -> None:
    with runbook("A key leaked", shell) as step:
        assert len(step("keys create", NAME="partner-2").strip()) == 43
        assert "operator is refused within a minute" in step("keys revoke", OLD="operator")
        assert "There are 2 signing keys" in step("keys rotate")
    listed = json.loads(ops.cli("keys", "list", "--stage", "dev", "--json").stdout)
    assert [key["name"] for key in listed] == ["partner-2"]


def test_a_service_that_lost_its_table_and_payloads_begins_anew_and_is_removed(ops: Site, shell: Shell) -> None:
    lost = ops.outputs()
    ops.emulator.client("dynamodb").delete_table(TableName=lost["Table"])
    S3Bucket(lost["ModelBucket"], s3=ops.emulator.client("s3")).delete()
    with runbook("A table or bucket was lost", shell) as step:
        step("remove")
        ops.endpoint = step("deploy").strip().splitlines()[-1]
        ops.environment["API_KEY"] = step("keys create", NAME="partner").strip()
    assert answer(ops)["result"]["prediction"] == "class 02"
    with runbook("Remove the service", shell) as step:
        assert "ops-dev is removed" in step("remove")
        assert "is deleted" in step("delete-bucket", BUCKET=lost["ModelBucket"])
    assert "is not deployed" in ops.cli("status", "--stage", "dev", check=False).stderr
