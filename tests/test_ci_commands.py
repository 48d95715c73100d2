"""cli ci: what a workflow is told of its settings, and the page of a run."""

import json
from pathlib import Path

import pytest

from commands.workflow.settings import WorkflowSettings, pages
from commands.workflow.summary import deployment_part, output_lines, sizes_part
from serving.errors import SettingsError
from tests.making import write_project
from tests.running import cli

OIDC = {"SERVICE": "iris", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/iris-dev-ci", "AWS_REGION": "eu-central-1"}
DEPLOYED = {
    "endpoint": "https://abc.execute-api.eu-central-1.amazonaws.com",
    "stack": "iris-dev",
    "form": None,
    "smoke_test": {"model": {"tag": "v1", "sha256": "ab" * 32}, "result": {"prediction": "setosa"}},
    "seconds": {"first_request": 0.91, "first_prediction": 2.5},
    "curl": "curl -s https://abc/api/predict",
}
SIZES = {
    "api": {"counted": 10_485_760, "limit": 262_144_000, "zipped": 3_145_728, "path": "api.zip", "packages": []},
    "worker": {
        "counted": 209_715_200,
        "limit": 262_144_000,
        "zipped": None,
        "path": None,
        "packages": [{"package": f"p{n}", "unpacked": n, "compiled": n * 1_048_576} for n in range(1, 11)],
    },
}


@pytest.mark.parametrize(
    ("repository", "origin", "form"),
    [
        ("Iris-Lab/Flowers", "https://iris-lab.github.io", "https://iris-lab.github.io/Flowers/"),
        ("lab/lab.github.io", "https://lab.github.io", "https://lab.github.io/"),
        ("", "", ""),
    ],
)
def test_pages_are_where_github_puts_them(repository: str, origin: str, form: str) -> None:
    assert pages(repository) == (origin, form)


@pytest.mark.parametrize(
    ("environ", "stage"),
    [
        ({}, "dev"),
        ({"GITHUB_REF_NAME": "main"}, "dev"),
        ({"GITHUB_REF_NAME": "stage/prod"}, "prod"),
        ({"GITHUB_REF_NAME": "main", "STAGE": "test"}, "test"),
        ({"GITHUB_REF_NAME": "stage/prod", "STAGE": "test"}, "prod"),
    ],
)
def test_a_branch_names_its_stage_and_else_a_variable_does(environ: dict[str, str], stage: str) -> None:
    assert WorkflowSettings.read(None, {**OIDC, **environ}).stage == stage


def test_a_branch_that_can_be_no_stage_is_told() -> None:
    with pytest.raises(SettingsError, match="STAGE is 'My Stage'"):
        WorkflowSettings.read(None, {"GITHUB_REF_NAME": "stage/My Stage"})


def test_what_is_set_is_what_is_used() -> None:
    assert WorkflowSettings.read(None, OIDC).login == "oidc"
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
    found = WorkflowSettings.read(None, {**keys, "CORS_ORIGINS": "https://a.example", "GITHUB_REPOSITORY": "a/b"})
    assert (found.login, found.ready, found.cors_origins) == ("keys", True, "https://a.example")
    assert not any("secret" in line or "AKIA" in line for line in found.lines())


def test_one_variable_serves_several_stages() -> None:
    there = {
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/{stack}-ci",
        "PERMISSIONS_BOUNDARY": "arn:aws:iam::1:policy/{stack}-boundary",
    }
    found = WorkflowSettings.read(None, {**OIDC, **there, "GITHUB_REF_NAME": "stage/prod"})
    assert (found.role, found.boundary) == (
        "arn:aws:iam::1:role/iris-prod-ci",
        "arn:aws:iam::1:policy/iris-prod-boundary",
    )


def test_what_is_missing_is_named() -> None:
    assert "AWS_ROLE_ARN" in WorkflowSettings.read(None, {}).missing
    assert "AWS_REGION" in WorkflowSettings.read(None, {"AWS_ROLE_ARN": "x"}).missing
    with pytest.raises(SettingsError, match="set both"):
        WorkflowSettings.read(None, {"AWS_ACCESS_KEY_ID": "AKIA"})


def test_without_settings_the_command_ends_well_and_gives_a_notice(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "x: float")
    finished = cli("ci", "settings", "--project", str(project), env={"PATH": "/usr/bin"})
    assert finished.stdout.splitlines()[0] == "ready=false"
    assert finished.stderr.startswith("::notice title=Nothing is deployed::Set the repository's variable AWS_ROLE_ARN")


def test_a_runs_page_has_all_that_one_asks_first() -> None:
    text = deployment_part(DEPLOYED, "https://lab.github.io/iris/")
    assert "| Endpoint | https://abc.execute-api.eu-central-1.amazonaws.com |" in text
    assert "| Form | https://lab.github.io/iris/ |" in text
    assert "| First request | 0.91 s, with the start of the API's Lambda |" in text
    assert '{"prediction": "setosa"}' in text
    assert "```bash\ncurl -s https://abc/api/predict\n```" in text
    assert "| Form |" not in deployment_part(DEPLOYED, "")


def test_sizes_name_the_largest_packages() -> None:
    text = sizes_part(SIZES)
    assert "| api | 10.0 | 4% | 3.0 |  |" in text
    assert "| worker | 200.0 | 80% | 0.0 | p10 10.0, p9 9.0," in text
    assert "p2 " not in text


def test_outputs_are_lines_for_the_next_step(tmp_path: Path) -> None:
    assert list(output_lines(DEPLOYED)) == [
        "endpoint=https://abc.execute-api.eu-central-1.amazonaws.com",
        "model-tag=v1",
        f"model-sha256={'ab' * 32}",
    ]
    path = tmp_path / "deployed.json"
    path.write_text(json.dumps(DEPLOYED))
    assert cli("ci", "outputs", str(path)).stdout.splitlines()[1] == "model-tag=v1"


def test_a_file_that_is_none_of_ours_is_told(tmp_path: Path) -> None:
    finished = cli("ci", "summary", "--deployed", str(tmp_path / "nothing.json"), check=False)
    assert finished.returncode == 1
    assert "It is what a command prints with --json" in finished.stderr


def test_an_error_is_shown_above_the_log_of_a_workflow(tmp_path: Path) -> None:
    finished = cli("check", "--model", str(tmp_path / "none.pkl"), check=False, env={"GITHUB_ACTIONS": "true"})
    assert "\n::error::1 check fails." in finished.stderr


def test_a_project_is_checked_without_a_model(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "x: float = Field(ge=0)")
    checked = cli("check", "--without-model", "--project", str(project))
    assert "The example made from the schema fits the schema." in checked.stdout
    (project / "example.json").write_text('{"x": -1}')
    refused = cli("check", "--without-model", "--project", str(project), check=False)
    assert refused.returncode == 1
    assert "example" in refused.stdout
