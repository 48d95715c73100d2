"""A stage that is deployed, updated and removed with nothing but what a job of GitHub Actions is given."""

import json
import os
from pathlib import Path

import pytest

from tests.aws.e2e.conftest import SETTINGS, Site
from tests.aws.e2e.project import EXAMPLE, write_e2e_project
from tests.aws.emulator import Emulator
from tests.aws.tokens import taken, token
from tests.running import cli

WHO = ("--repository", "octocat/flowers", "--ids", "583231/1296269")
SUBJECT = "repo:octocat@583231/flowers@1296269:ref:refs/heads/main"


@pytest.fixture(scope="module")
def gamma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_e2e_project(tmp_path_factory.mktemp("gamma") / "gamma", "gamma")


def test_a_job_of_the_repository_deploys_updates_and_removes_its_stage(emulated_account: Emulator, gamma: Path) -> None:
    root = {**os.environ, **emulated_account.environment}
    made = cli("setup-ci", *WHO, "--project", str(gamma), "--make", "--yes", "--json", env=root)
    setup = json.loads(made.stdout)
    job = {
        **emulated_account.environment,
        **SETTINGS,
        **taken(emulated_account, setup["role"]["name"], token(SUBJECT)),
        "PERMISSIONS_BOUNDARY": setup["github"]["variables"]["PERMISSIONS_BOUNDARY"],
    }
    site = Site(emulated_account, gamma, "dev", job)
    site.endpoint = site.cli("deploy").stdout.strip().splitlines()[-1]

    cloudformation, iam = emulated_account.client("cloudformation"), emulated_account.client("iam")
    template = cloudformation.get_template(StackName="gamma-dev")["TemplateBody"]
    found = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    roles = [name for name, resource in found.items() if resource["Type"] == "AWS::IAM::Role"]
    assert len(roles) == 3
    for role in roles:
        boundary = found[role]["Properties"]["PermissionsBoundary"]
        assert boundary == setup["boundary"]["arn"]
        # CloudFormation sets it on the role; the emulator's does not.
        made_as = cloudformation.describe_stack_resource(StackName="gamma-dev", LogicalResourceId=role)
        name = made_as["StackResourceDetail"]["PhysicalResourceId"]
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)

    second = site.cli("deploy", "--tag", "v2", "--model", str(gamma / "build/model.pkl"))
    assert second.stdout.strip().splitlines()[-1] == site.endpoint
    with site.client() as api:  # under the boundary: small and large, and what kills the model
        large = api.post("/api/predict", json={**EXAMPLE, "note": "x" * 1_500_000}).raise_for_status()
        many = api.post("/api/predict", json=[EXAMPLE] * 1000).raise_for_status()
        dead = api.post("/api/predict", json={**EXAMPLE, "deed": "refuse"}).raise_for_status()
        assert site.finished(api, large.headers["Location"])["status"] == "succeeded"
        assert len(site.finished(api, many.headers["Location"])["result"]) == 1000
        assert site.finished(api, dead.headers["Location"])["status"] == "failed"
        assert api.delete(many.headers["Location"]).status_code == 204
    assert json.loads(site.cli("status", "--stage", "dev", "--json").stdout)["model"] == "v2"
    assert '"function": "api"' in site.cli("logs", "--stage", "dev", "--json").stdout

    assert "gamma-dev is removed" in site.cli("remove", "--stage", "dev", "--yes").stdout
    gone = site.cli("status", "--stage", "dev", check=False)
    assert "gamma is not deployed at the stage dev in eu-central-1: `cli deploy" in gone.stderr
