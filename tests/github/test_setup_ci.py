"""cli setup-ci as it is typed where nobody is logged in to AWS: what it prints, and what it refuses."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commands.github.policy import shown
from tests.github.api import described, playing
from tests.running import ROOT, cli, free_port

WHO = ("--repository", "octocat/flowers", "--ids", "583231/1296269")
SUBJECT = "repo:octocat@583231/flowers@1296269:ref:refs/heads/main"


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """A machine without credentials and without a network."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-central-1",
        "SERVICE": "iris",  # whatever the root's project is called
        "GITHUB_API_URL": f"http://127.0.0.1:{free_port()}",
    }


def setup(env: dict[str, str], *options: str, check: bool = True, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return cli("setup-ci", *options, env=env, check=check, cwd=cwd)


def told(env: dict[str, str], *options: str) -> Any:
    return json.loads(setup(env, *options, "--json").stdout)


def refused(env: dict[str, str], *options: str, **where: Any) -> str:
    """The one sentence of an error."""
    ended = setup(env, *options, check=False, **where)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr
    return ended.stderr.removeprefix("error: ").strip()


def test_it_prints_the_role_and_what_to_set_on_github(nobody: dict[str, str]) -> None:
    printed = setup(nobody, *WHO).stdout
    found = told(nobody, *WHO)
    assert printed.startswith("The role iris-dev-ci lets GitHub Actions of octocat/flowers deploy iris-dev.\n")
    assert f"Only {SUBJECT} may take it: --ids says so." in printed
    assert "ACCOUNT_ID stands for the account's number; --account tells it." in printed
    documents = [found["role"]["trust"], found["boundary"]["policy"], *found["role"]["policies"].values()]
    for document in documents:
        assert shown(document) in printed
        assert json.loads(shown(document)) == document
    for name, value in found["github"]["variables"].items():
        assert f"  {name:<20} {value}\n" in printed
    for line in (*found["github"]["commands"], *found["github"]["by_hand"], *found["github"]["mind"]):
        assert line in " ".join(printed.split()) or line in printed
    again = "cli setup-ci --repository octocat/flowers --stage dev --ids 583231/1296269"
    assert f"\n  {again} --make\n" in printed
    assert f"\n  {again} --template ci.json\n" in printed
    assert "Settings > Pages > Build and deployment > Source: GitHub Actions" in printed
    assert "A private repository has Pages and environments on a paid plan only" in printed.replace("\n", " ")


def test_as_json_it_is_one_document(nobody: dict[str, str]) -> None:
    found = told(nobody, *WHO, "--account", "123456789012")
    assert found["subject"] == SUBJECT
    assert found["account"] == "123456789012"
    assert found["made"] is None
    assert found["github"]["variables"] == {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/iris-dev-ci",
        "AWS_REGION": "eu-central-1",
        "PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:policy/iris-dev-boundary",
        "STAGE": "dev",
    }
    assert set(found["role"]["policies"]) == {f"iris-dev-ci-{part}" for part in ("deploy", "functions", "storage")}
    assert "123456789012" not in json.dumps(found["template"])
    assert told(nobody, *WHO)["account"] is None


def test_an_environment_has_variables_of_its_own_and_is_named_by_one(nobody: dict[str, str]) -> None:
    found = told(nobody, *WHO, "--environment", "prod: eu", "--stage", "prod", "--project", "examples/spam")
    assert found["subject"].endswith(":environment:prod%3A eu")
    github = found["github"]
    assert (github["variables"]["STAGE"], github["variables"]["PROJECT_DIR"]) == ("prod", "examples/spam")
    assert github["commands"][:2] == [
        "gh api -X PUT repos/octocat/flowers/environments/prod%3A%20eu",
        "gh variable set DEPLOY_ENVIRONMENT --repo octocat/flowers --body 'prod: eu'",
    ]
    assert all("--env 'prod: eu'" in command for command in github["commands"][2:-1])
    assert github["commands"][-1] == "gh api -X POST repos/octocat/flowers/pages -f build_type=workflow"


def test_a_branch_that_names_its_stage_needs_no_variable_for_it(nobody: dict[str, str]) -> None:
    options = (*WHO, "--stage", "prod", "--branch")
    assert "STAGE" not in told(nobody, *options, "stage/prod")["github"]["variables"]
    assert told(nobody, *options, "main")["github"]["variables"]["STAGE"] == "prod"


def test_other_regions_have_other_partitions(nobody: dict[str, str]) -> None:
    found = told({**nobody, "AWS_REGION": "us-gov-west-1"}, *WHO)
    assert found["role"]["arn"].startswith("arn:aws-us-gov:iam::")


def test_git_and_github_are_asked_for_what_is_not_given(nobody: dict[str, str], tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "init", "-q", str(checkout)], check=True)
    url = "git@github.com:Octocat/flowers.git"
    subprocess.run(["git", "-C", str(checkout), "remote", "add", "origin", url], check=True)
    there = described("Octocat/flowers", "2026-08-01T12:00:00Z")
    with playing({"Octocat/flowers": (200, there)}) as api:
        found = told({**nobody, "GITHUB_API_URL": api.url}, "--project", str(checkout))
    assert found["repository"] == "Octocat/flowers"
    assert found["subject"] == "repo:Octocat@583231/flowers@1296269:ref:refs/heads/main"
    assert "2026-08-01" in found["subject_known_from"]
    assert "private repository" not in " ".join(found["github"]["mind"]), "GitHub said that it is public"


def test_without_ids_is_the_older_shape(nobody: dict[str, str]) -> None:
    found = told(nobody, "--repository", "octocat/flowers", "--without-ids")
    assert found["subject"] == "repo:octocat/flowers:ref:refs/heads/main"


def test_what_is_not_known_is_not_guessed(nobody: dict[str, str]) -> None:
    said = refused(nobody, "--repository", "octocat/flowers")
    assert said.startswith("Whether the tokens of octocat/flowers carry ids is not known: ")
    assert "gh api repos/octocat/flowers/actions/oidc/customization/sub" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--repository", "flowers"), "write it as OWNER/REPO"),
        ((*WHO, "--without-ids"), "--ids and --without-ids exclude each other."),
        ((*WHO, "--branch", "main", "--environment", "prod"), "--branch and --environment exclude each other"),
        ((*WHO, "--branch", "*"), "without wildcards"),
        ((*WHO, "--account", "12"), "twelve digits"),
        ((*WHO, "--stage", "No"), "STAGE is 'No'"),
        ((*WHO, "--make", "--yes"), "No AWS credentials were found"),
        ((*WHO, "--template", "/nowhere/ci.json"), "/nowhere/ci.json can't be written: No such file or directory."),
    ],
)
def test_what_can_not_be_is_one_sentence(nobody: dict[str, str], options: tuple[str, ...], said: str) -> None:
    assert said in refused(nobody, *options)


def test_without_a_region_it_says_where_to_put_one(nobody: dict[str, str]) -> None:
    assert "put `region` into service.toml" in refused({**nobody, "AWS_REGION": ""}, *WHO)


def test_outside_of_a_checkout_it_asks_for_the_repository(nobody: dict[str, str], tmp_path: Path) -> None:
    assert "name it with --repository OWNER/REPO" in refused(nobody, "--project", str(tmp_path))


def test_json_for_reading_keeps_to_the_width() -> None:
    document = {"a": ["word" * 3] * 12, "b": {}, "c": [], "d": [{"e": "f" * 50, "g": ["h" * 30]}], "i": "j" * 200}
    assert json.loads(shown(document)) == document
    assert [line for line in shown(document).splitlines() if len(line) > 80] == [f'  "i": "{"j" * 200}"']
