"""Both Lambdas as packaged, under Lambda's own runtime client: what `make bench` times answers rightly."""

import base64
import gc
import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.cold_start import RECORD, SUBJECTS, cold_start
from bench.runtime_api import Answer, Function, running_function
from bench.site import Site, post, request, running_site
from serving.prediction import ModelVersion
from serving.start import starting

API, WORKER = "app.lambda_handler.handler", "worker.lambda_handler.handler"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    shipped = os.environ.get("SHIPPED") == "1"  # `make shipped`
    with running_site(tmp_path_factory.mktemp("site"), shipped=shipped) as made:
        yield made


@pytest.fixture(scope="module")
def api(site: Site) -> Iterator[Function]:
    with site.function(API, "api") as function:
        yield function


def accepted(api: Function) -> str:
    answer = api(post(RECORD)).body
    assert answer["statusCode"] == 202, answer
    prediction_id = str(json.loads(answer["body"])["prediction_id"])
    assert answer["headers"]["location"] == f"/api/predict/{prediction_id}"
    return prediction_id


def read(api: Function, prediction_id: str, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = api(request("GET", f"/api/predict/{prediction_id}", headers)).body
    assert answer["statusCode"] == 200, answer
    return answer


def test_a_record_is_accepted_predicted_in_a_batch_and_read(site: Site, api: Function) -> None:
    ids = [accepted(api) for _ in range(3)]
    assert json.loads(read(api, ids[0])["body"])["status"] == "pending"
    with site.function(WORKER, "worker") as worker:
        assert worker(site.batch()).body == {"batchItemFailures": []}
    for prediction_id in ids:
        finished = json.loads(read(api, prediction_id)["body"])
        assert finished["result"]["prediction"] == "setosa"
        assert finished["model"]["tag"] == "v1"


def test_an_answer_over_two_mebibytes_is_carried_as_base64(site: Site, api: Function) -> None:
    prediction_id = accepted(api)
    (record,) = site.batch()["Records"]
    result = json.dumps({"prediction": 'é"' * 1_100_000}, ensure_ascii=False).encode()
    message = site.backend.queue.open(record["body"])
    version = ModelVersion(tag="v1", sha256="0" * 64)
    site.backend.predictions.finish([message.answered(result, model=version, now=int(time.time() * 1000))])
    answer = read(api, prediction_id)
    assert answer["isBase64Encoded"]
    assert json.loads(base64.b64decode(answer["body"]))["result"] == json.loads(result)


def test_a_refused_record_is_told_what_is_wrong(api: Function) -> None:
    answer = api(post({**RECORD, "petal width (cm)": 40})).body
    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["detail"][0]["loc"] == ["body", "petal width (cm)"]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_subject_starts_answers_and_is_measured(subject: Any, site: Site, api: Function) -> None:
    if subject.bundle == "worker":
        accepted(api)
    run = cold_start(site, subject)
    assert 0 < run.init.cpu_seconds < run.answered.cpu_seconds
    assert run.answered.peak_mib > 30


@pytest.mark.parametrize(("handler", "bundle"), [(API, "api"), (WORKER, "worker")])
def test_a_snapshot_holds_no_connection_to_aws_and_what_is_restored_answers(
    handler: str, bundle: str, site: Site, api: Function
) -> None:
    if bundle == "worker":
        accepted(api)
    event = site.batch() if bundle == "worker" else post(RECORD)
    environment = {**site.environment, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    with running_function(handler, site.import_path(handler, bundle), environment) as function:
        assert urlsplit(site.emulator.url).port not in function.snapshot()
        answer = function(event).body
    assert answer.get("statusCode") == 202 or answer == {"batchItemFailures": []}


def test_a_handler_that_can_not_be_imported_is_said_at_once(site: Site) -> None:
    with site.function("nothing_floor.handler", "api") as function, pytest.raises(RuntimeError, match="nothing_floor"):
        function.ready()


def test_only_the_bundle_and_the_runtime_are_seen(site: Site) -> None:
    (site.folder / "floor" / "seen_floor.py").write_text(SEEN)
    with site.function("seen_floor.handler", "api") as function:
        answer: Answer = function({})
    assert answer.body == {"pandas": False, "pytest": False, "fastapi": "api", "boto3": "runtime"}


SEEN = """
import importlib.util
from pathlib import Path

def handler(event, context):
    seen = {name: importlib.util.find_spec(name) for name in ("pandas", "pytest", "fastapi", "boto3")}
    return {name: spec is not None and Path(spec.origin).parent.parent.name for name, spec in seen.items()}
"""


def test_while_a_lambda_starts_the_collector_rests() -> None:
    with starting():
        assert not gc.isenabled()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
