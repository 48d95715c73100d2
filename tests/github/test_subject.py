"""Which repository it is, and who its jobs say that they are."""

import subprocess
from pathlib import Path

import pytest

from commands.github.repository import Repository, folder_in_checkout
from commands.github.subject import context, parse_ids, prefix
from serving.errors import SettingsError

FLOWERS = Repository(owner="octocat", name="flowers")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/octocat/flowers.git",
        "https://github.com/octocat/flowers",
        "https://github.com/octocat/flowers/",
        "https://octocat@github.com/octocat/flowers.git",
        "https://x-access-token:secret@github.com/octocat/flowers",
        "HTTPS://GitHub.com/octocat/flowers.git\n",
        "git@github.com:octocat/flowers.git",
        "git@github.com:octocat/flowers",
        "ssh://git@github.com/octocat/flowers.git",
        "ssh://git@github.com:22/octocat/flowers",
        "git://github.com/octocat/flowers.git",
    ],
)
def test_a_remote_is_understood_in_every_shape(url: str) -> None:
    assert Repository.of_remote(url) == FLOWERS


def test_a_name_may_have_dots_and_lines() -> None:
    assert Repository.of_remote("git@github.com:oc-to/oc-to.github.io.git").name == "oc-to.github.io"
    assert Repository.parse("a_b/c_d-e").owner == "a_b"


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.com/octocat/flowers.git",
        "https://github.com.evil.example/octocat/flowers",
        "https://evil.example/github.com/octocat/flowers",
        "git@gitlab.com:github.com/octocat/flowers",
        "/srv/git/flowers.git",
        "https://github.com/octocat",
        "https://user:secret@gitlab.com/octocat/flowers",
    ],
)
def test_a_remote_elsewhere_is_none_and_its_secrets_are_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="--repository OWNER/REPO") as caught:
        Repository.of_remote(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["flowers", "octocat/*", "*/flowers", "octocat/flowers/x", "octocat/", "o/..", "o/a b", ""]
)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="OWNER/REPO"):
        Repository.parse(text)


def test_a_checkout_knows_its_origin_and_its_folders(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No remote origin"):
        Repository.of_checkout(tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    command = ["git", "-C", str(tmp_path), "remote", "add", "origin", "git@github.com:octocat/flowers.git"]
    subprocess.run(command, check=True)
    (tmp_path / "models" / "iris").mkdir(parents=True)
    assert Repository.of_checkout(tmp_path / "models") == FLOWERS
    assert folder_in_checkout(tmp_path / "models" / "iris") == "models/iris"
    assert folder_in_checkout(tmp_path) == ""


def test_the_two_shapes_of_a_subject_are_githubs() -> None:
    # https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
    octo = Repository(owner="octo-org", name="octo-repo")
    end = context("demo-branch", None)
    assert f"{prefix(octo, None)}:{end}" == "repo:octo-org/octo-repo:ref:refs/heads/demo-branch"
    with_ids = f"{prefix(octo, parse_ids('123456/456789'))}:{end}"
    assert with_ids == "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/demo-branch"
    assert f"{prefix(octo, None)}:{context(None, 'Production:V1')}" == (
        "repo:octo-org/octo-repo:environment:Production%3AV1"
    )
    assert context(None, None) == "ref:refs/heads/main"


@pytest.mark.parametrize(
    "branch", ["*", "stage/*", "", "a b", "a..b", "refs/heads/main", "/main", "main/", "a:b", "m?"]
)
def test_a_branch_is_one_branch(branch: str) -> None:
    with pytest.raises(SettingsError, match="--branch"):
        context(branch, None)


@pytest.mark.parametrize("environment", ["*", "prod?", "", " ", "a\nb"])
def test_an_environment_is_one_environment(environment: str) -> None:
    with pytest.raises(SettingsError, match="--environment"):
        context(None, environment)


def test_a_job_names_its_branch_or_its_environment() -> None:
    with pytest.raises(SettingsError, match="exclude each other"):
        context("main", "production")


@pytest.mark.parametrize("ids", ["1", "1/", "a/b", "0/1", "1/2/3", "1/*", "-1/2"])
def test_ids_are_two_numbers(ids: str) -> None:
    with pytest.raises(SettingsError, match="OWNER_ID/REPO_ID"):
        parse_ids(ids)
