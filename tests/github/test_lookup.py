"""How a repository's tokens name it is asked of GitHub and never guessed."""

from typing import Any

import pytest

from commands.github.lookup import Known, look_up
from commands.github.repository import Repository
from serving.errors import SettingsError
from tests.github.api import TEMPLATE, described, playing
from tests.running import free_port

ASKED = Repository(owner="octocat", name="flowers")
OLD, NEW = "2019-03-01T12:00:00Z", "2026-08-01T12:00:00Z"
WITH_IDS = "repo:octocat@583231/flowers@1296269"


def known(answers: dict[str, tuple[int, Any]]) -> Known:
    with playing(answers) as api:
        found = look_up(ASKED, api.url)
        assert not any("Authorization" in headers for _, headers in api.asked), "nobody's token is shown"
        return found


@pytest.mark.parametrize("prefix", ["repo:octocat/flowers", WITH_IDS])
def test_the_prefix_that_github_tells_is_taken_whatever_the_date(prefix: str) -> None:
    template = {"use_default": True, "use_immutable_subject": "@" in prefix, "sub_claim_prefix": prefix}
    found = known({f"octocat/flowers{TEMPLATE}": (200, template), "octocat/flowers": (500, {})})
    assert found.prefix == prefix
    assert "tells" in found.source


@pytest.mark.parametrize(
    ("made", "prefix", "told"),
    [
        (OLD, "repo:octocat/flowers", "2019-03-01"),
        (NEW, WITH_IDS, "2026-08-01"),
        ("2026-07-16T00:00:00Z", WITH_IDS, ""),
    ],
)
@pytest.mark.parametrize("template", [(401, {}), (403, {}), (404, {}), (200, {"use_default": True})])
def test_where_that_is_hidden_the_day_decides_on_which_it_was_made(
    made: str, prefix: str, told: str, template: tuple[int, Any]
) -> None:
    found = known(
        {f"octocat/flowers{TEMPLATE}": template, "octocat/flowers": (200, described("octocat/flowers", made))}
    )
    assert found.prefix == prefix
    assert told in found.source
    assert found.private is False


def test_of_an_old_one_it_is_said_that_it_may_have_changed() -> None:
    source = known({"octocat/flowers": (200, described("octocat/flowers", OLD))}).source
    assert "unless it was renamed, transferred or set so since" in source


def test_the_name_is_written_as_github_writes_it() -> None:
    found = known({"octocat/flowers": (200, described("Octocat/Flowers", NEW))})
    assert found.prefix == "repo:Octocat@583231/Flowers@1296269"
    assert str(found.repository) == "Octocat/Flowers"


def moved(made: str) -> Known:
    with playing({}) as api:
        there = described("octocat/garden", made)
        api.answers = {"octocat/flowers": (301, {"url": f"{api.url}/repositories/1"}), "/repositories/1": (200, there)}
        return look_up(ASKED, api.url)


def test_a_new_one_that_moved_has_its_new_name() -> None:
    assert moved(NEW).prefix == "repo:octocat@583231/garden@1296269"


def test_an_old_one_that_moved_is_not_known() -> None:
    with pytest.raises(SettingsError, match="octocat/garden now"):
        moved(OLD)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "private or not there"),
        ({"octocat/flowers": (200, described("octocat/flowers", "2026-07-15T08:00:00Z"))}, "the very day"),
        ({"octocat/flowers": (500, {})}, "500"),
        ({"octocat/flowers": (200, "<html>")}, "does not tell"),
        ({"octocat/flowers": (200, {"message": "no repository"})}, "does not tell"),
        ({"octocat/flowers": (403, {"message": "API rate limit exceeded for 1.2.3.4."})}, "403"),
        ({f"octocat/flowers{TEMPLATE}": (200, {"sub_claim_prefix": "repo:octocat/*"})}, "begin with repo:octocat/*"),
        ({f"octocat/flowers{TEMPLATE}": (200, {"sub_claim_prefix": "repo:other@1/flowers@2"})}, "repo:other@1"),
    ],
)
def test_what_is_not_known_is_said_with_how_to_find_out(answers: dict[str, tuple[int, Any]], why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        known(answers)
    assert why in str(caught.value)
    for advice in ("gh api repos/", TEMPLATE, "--ids 1/2", "--without-ids"):
        assert advice in str(caught.value)


def test_without_a_network_it_is_not_known_either() -> None:
    with pytest.raises(SettingsError, match="--without-ids"):
        look_up(ASKED, f"http://127.0.0.1:{free_port()}")


def test_a_subject_of_the_owners_own_making_is_refused() -> None:
    template = {"use_default": False, "include_claim_keys": ["repo", "workflow"], "sub_claim_prefix": WITH_IDS}
    with pytest.raises(SettingsError, match="made of repo, workflow"):
        known({f"octocat/flowers{TEMPLATE}": (200, template)})
