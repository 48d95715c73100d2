"""What kills the worker costs nobody else an answer, and what can't be answered is kept."""

import httpx

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import EXAMPLE

VISIBILITY = 6 * 60


def test_a_crash_and_a_hang_beside_innocents_fail_alone(site: Site, api: httpx.Client) -> None:
    deeds = ["none", "crash", "none", "hang", "none", "none"]
    with site.failing(1, VISIBILITY + 1), site.paused():  # so that they meet in one batch
        locations = [
            api.post("/api/predict", json={"x": 10 * place + 2.5, "deed": deed}).raise_for_status().headers["Location"]
            for place, deed in enumerate(deeds)
        ]
    answers = [site.finished(api, location) for location in locations]
    for place, (deed, answer) in enumerate(zip(deeds, answers, strict=True)):
        if deed == "none":
            assert answer["status"] == "succeeded", answer
            assert answer["result"]["prediction"] == f"class {2 * place:02d}"
        else:
            assert answer["error"]["code"] == {"crash": "model_crashed", "hang": "model_timeout"}[deed]
    assert site.cli("dead-letters", "list", "--stage", "dev").stdout.strip() == "No dead letters."


def test_what_outlives_its_tries_is_kept_and_can_be_tried_again(site: Site, api: httpx.Client) -> None:
    with site.without("Worker", "dynamodb:PutItem"):
        with site.failing(3, 901):
            location = api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"]
        answer = site.finished(api, location)
    assert answer["status"] == "failed"
    assert answer["error"]["code"] == "dead_letter"
    prediction_id = answer["prediction_id"]
    assert prediction_id in site.cli("dead-letters", "list", "--stage", "dev").stdout
    assert '"x": 12.5' in site.cli("dead-letters", "show", prediction_id, "--stage", "dev").stdout
    assert (
        "1 dead letters are queued again" in site.cli("dead-letters", "redrive", prediction_id, "--stage", "dev").stdout
    )
    site.drained()
    answer = api.get(location).json()
    assert answer["status"] == "succeeded"
    assert answer["result"]["prediction"] == "class 02"
    assert site.cli("dead-letters", "list", "--stage", "dev").stdout.strip() == "No dead letters."


def test_a_worker_that_cannot_start_is_reported_for(site: Site, api: httpx.Client) -> None:
    functions = site.emulator.client("lambda")
    name = site.outputs()["WorkerFunction"]
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="worker.nothing.handler")
    try:
        with site.failing(3, VISIBILITY + 1):
            location = api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"]
        answer = site.finished(api, location)
    finally:
        functions.update_function_configuration(FunctionName=name, Handler=handler)
    assert answer["error"]["code"] == "dead_letter"
    site.cli("dead-letters", "redrive", "--all", "--stage", "dev")
    site.drained()
    assert api.get(location).json()["status"] == "succeeded"
