"""The commands on a deployed service."""

import json

import httpx

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE


def test_status_tells_how_the_service_is_doing(site: Site) -> None:
    site.drained()
    found = json.loads(site.cli("status", "--stage", "dev", "--json").stdout)
    assert found["waiting"] == found["in_flight"] == found["dead_letters"] == 0
    assert found["model"].startswith("e2e-")
    assert found["endpoint"] == site.endpoint
    assert set(found["errors_of_the_last_day"]) == {"api", "worker", "dead letters"}
    assert "COMPLETE" in found["stack"]
    assert "dead letters" in site.cli("status", "--stage", "dev").stdout


def test_logs_show_the_whole_way_of_one_prediction(site: Site, api: httpx.Client) -> None:
    accepted = api.post("/api/predict", json=EXAMPLE).raise_for_status()
    prediction_id = accepted.json()["prediction_id"]
    site.finished(api, accepted.headers["Location"])
    api.get(accepted.headers["Location"])
    shown = site.cli("logs", prediction_id).stdout
    assert all(prediction_id in line for line in shown.splitlines())
    assert f"prediction_id={prediction_id} accepted" in shown
    assert f"prediction_id={prediction_id} succeeded" in shown
    assert " api " in shown
    assert " worker " in shown
    everything = [json.loads(line) for line in site.cli("logs", "--since", "15m", "--json").stdout.splitlines()]
    assert len(everything) > len(shown.splitlines())


def test_keys_guard_a_deployed_service(site: Site) -> None:
    assert "No API keys" in site.cli("keys", "list", "--stage", "dev").stdout


def test_a_stage_that_is_not_there_is_told_in_one_sentence(site: Site) -> None:
    refused = site.cli("status", "--stage", "nothing", check=False)
    assert refused.returncode == 1
    assert "is not deployed at the stage nothing" in refused.stderr
    assert "Traceback" not in refused.stderr
