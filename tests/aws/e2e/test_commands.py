"""The commands on a deployed service."""

import csv
import json
import os
import signal
import subprocess
from pathlib import Path

import httpx

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE
from tests.running import CLI, PATIENCE, ROOT, cli


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


def test_logs_are_followed_while_they_come(site: Site, api: httpx.Client) -> None:
    command = [*CLI, "logs", "--follow", "--since", "2m", "--project", str(site.project)]
    follower = subprocess.Popen(
        command, env={**os.environ, **site.environment}, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    try:
        prediction_id = api.post("/api/predict", json=EXAMPLE, headers={"Prefer": "wait=5"}).json()["prediction_id"]
        assert next(line for line in follower.stdout if prediction_id in line)
        follower.send_signal(signal.SIGINT)
        assert follower.wait(PATIENCE) == 0
    finally:
        follower.kill()
        follower.communicate()


def test_a_file_is_predicted_by_the_deployed_service(site: Site, tmp_path: Path) -> None:
    rows, answers = tmp_path / "rows.csv", tmp_path / "answers.csv"
    rows.write_text("x,y\n" + "".join(f"{5 * (i % 20) + 2.5},50\n" for i in range(2_500)))
    environment = {**os.environ, **site.environment, "PROJECT_DIR": str(site.project)}
    cli("predict", str(rows), "--stage", "dev", "--out", str(answers), env=environment)
    with answers.open(encoding="utf-8") as file:
        assert [row["prediction"] for row in csv.DictReader(file)] == [f"class {i % 20:02d}" for i in range(2_500)]


def test_the_form_of_a_deployed_service_asks_its_endpoint(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "form"
    assert site.cli("form", "--stage", "dev", "--out", str(folder)).stdout.strip() == str(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["api"] == site.endpoint
    assert config["service"]["limits"]["max_records"] == 1_000, "as it is on AWS"
    assert f"connect-src 'self' {site.endpoint};" in (folder / "index.html").read_text(encoding="utf-8")


def test_keys_guard_a_deployed_service(site: Site) -> None:
    assert "No API keys" in site.cli("keys", "list", "--stage", "dev").stdout


def test_a_stage_that_is_not_there_is_told_in_one_sentence(site: Site) -> None:
    refused = site.cli("status", "--stage", "nothing", check=False)
    assert refused.returncode == 1
    assert "is not deployed at the stage nothing" in refused.stderr
    assert "Traceback" not in refused.stderr
