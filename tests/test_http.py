"""The HTTP contract, spoken to the real service."""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.running import PATIENCE, ROOT, Service, cli

EXAMPLE = json.loads((ROOT / "example.json").read_text())
WAIT = {"Prefer": "wait=10"}


def finished(api: httpx.Client, location: str) -> Any:
    answer = api.get(location, headers=WAIT)
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] != "pending"
    return body


def test_a_record_is_accepted_and_its_location_has_the_answer(api: httpx.Client) -> None:
    accepted = api.post("/api/predict", json=EXAMPLE)
    assert accepted.status_code == 202
    body = accepted.json()
    assert set(body) == {"prediction_id", "status", "accepted_at", "expires_at"}
    assert body["status"] == "pending"
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", body["prediction_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["accepted_at"])
    assert accepted.headers["Location"] == f"/api/predict/{body['prediction_id']}"
    assert int(accepted.headers["Retry-After"]) >= 1
    assert accepted.headers["Cache-Control"] == "no-store"

    answer = finished(api, accepted.headers["Location"])
    assert answer["status"] == "succeeded"
    assert answer["result"]["prediction"] == "setosa"
    assert set(answer["result"]["probabilities"]) == {"setosa", "versicolor", "virginica"}
    assert sum(answer["result"]["probabilities"].values()) == pytest.approx(1)
    assert set(answer["model"]) == {"tag", "sha256"}
    assert answer["accepted_at"] == body["accepted_at"]
    assert answer["expires_at"] == body["expires_at"]
    assert answer["accepted_at"] <= answer["finished_at"] < answer["expires_at"]


def test_prefer_wait_gives_the_answer_at_once(api: httpx.Client) -> None:
    api.post("/api/predict", json=EXAMPLE, headers=WAIT)
    started = time.monotonic()
    answer = api.post("/api/predict", json=EXAMPLE, headers={"Prefer": "respond-async, wait=7"})
    assert time.monotonic() - started < 2
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=7"
    assert answer.headers["Location"].endswith(answer.json()["prediction_id"])
    assert answer.json()["result"]["prediction"] == "setosa"


def test_a_wait_over_the_limit_is_the_limit_and_an_odd_one_is_ignored(api: httpx.Client) -> None:
    answer = api.post("/api/predict", json=EXAMPLE, headers={"Prefer": "wait=86400"})
    assert answer.headers["Preference-Applied"] == "wait=20"
    for odd in ("wait", "wait=soon", "wait=-1", "handling=lenient"):
        assert api.post("/api/predict", json=EXAMPLE, headers={"Prefer": odd}).status_code == 202
    two_lines = [("Prefer", "handling=lenient"), ("Prefer", "wait=5")]
    assert api.post("/api/predict", json=EXAMPLE, headers=two_lines).status_code == 200


def test_an_array_is_answered_in_its_order(api: httpx.Client) -> None:
    widths = [0.2, 2.3, 0.2, 2.3]
    records = [{**EXAMPLE, "petal width (cm)": w, "petal length (cm)": 1.4 if w < 1 else 5.9} for w in widths]
    answer = api.post("/api/predict", json=records, headers=WAIT).json()
    assert [row["prediction"] for row in answer["result"]] == ["setosa", "virginica", "setosa", "virginica"]


def test_a_field_may_be_named_by_its_alias_or_in_python(api: httpx.Client) -> None:
    named = {"sepal_length": 5.1, "sepal_width": 3.5, "petal length (cm)": 1.4, "petal_width": 0.2}
    answer = api.post("/api/predict", json=named, headers=WAIT).json()
    assert answer["result"]["prediction"] == "setosa"


def test_csv_in_and_csv_out(api: httpx.Client) -> None:
    header = "petal width (cm),petal_length,sepal length (cm),sepal width (cm)"
    text = f"\ufeff{header}\r\n0.2,1.4,5.1,3.5\r\n2.3,5.9,6.8,3.0\r\n"
    headers = {**WAIT, "Content-Type": "text/csv; charset=utf-8", "Accept": "text/csv"}
    answer = api.post("/api/predict", content=text, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["prediction"] for row in rows] == ["setosa", "virginica"]
    assert float(rows[0]["probability:setosa"]) > 0.9
    again = api.get(answer.headers["Location"], headers={"Accept": "text/csv"})
    assert again.text == answer.text


def test_csv_without_a_header_has_the_schemas_order(api: httpx.Client) -> None:
    headers = {**WAIT, "Content-Type": "text/csv; header=absent"}
    answer = api.post("/api/predict", content="5.1,3.5,1.4,0.2\n", headers=headers).json()
    assert [row["prediction"] for row in answer["result"]] == ["setosa"]


def test_the_same_key_and_body_give_the_same_prediction(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = api.post("/api/predict", json=EXAMPLE, headers=headers)
    again = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert again.status_code == 202
    assert again.json()["prediction_id"] == first.json()["prediction_id"]
    assert again.json()["accepted_at"] == first.json()["accepted_at"]
    spelled = {**headers, "Content-Type": "application/json; charset=utf-8"}
    respelled = api.post("/api/predict", content=json.dumps(EXAMPLE, indent=2), headers=spelled)
    assert respelled.json()["prediction_id"] == first.json()["prediction_id"], "the records are the same"
    finished(api, first.headers["Location"])
    later = api.post("/api/predict", json=EXAMPLE, headers={**headers, **WAIT})
    assert later.status_code == 200
    assert later.json()["prediction_id"] == first.json()["prediction_id"]
    plain = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert (plain.status_code, plain.json()["status"]) == (202, "succeeded")

    other = api.post("/api/predict", json=[EXAMPLE], headers=headers)
    assert other.status_code == 422
    assert other.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]


def test_the_same_key_from_many_clients_at_once_is_one_prediction(service: Service) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    with ThreadPoolExecutor(8) as threads:
        posts = [
            threads.submit(httpx.post, f"{service.url}/api/predict", json=EXAMPLE, headers=headers) for _ in range(24)
        ]
        ids = {post.result().json()["prediction_id"] for post in posts}
    assert len(ids) == 1


def test_deleting_what_is_finished_erases_it(api: httpx.Client) -> None:
    location = api.post("/api/predict", json=EXAMPLE, headers=WAIT).headers["Location"]
    for _ in range(2):
        assert api.delete(location).status_code == 204
        gone = api.get(location)
        assert gone.status_code == 410
        assert gone.json() == {"detail": "The prediction was erased."}


def test_the_stage_may_stand_before_the_path(api: httpx.Client) -> None:
    accepted = api.post("/dev/api/predict", json=EXAMPLE)
    assert accepted.headers["Location"].startswith("/dev/api/predict/")
    assert finished(api, accepted.headers["Location"])["status"] == "succeeded"


def test_a_pending_prediction_can_be_cancelled(serve: Callable[..., Service]) -> None:
    service = serve(WAIT_LIMIT="1")
    with service.client() as api:
        stopped = service.processes("worker")[0]
        stopped.suspend()
        location = api.post("/api/predict", json=EXAMPLE).headers["Location"]
        waited = api.get(location, headers={"Prefer": "wait=1"})
        assert (waited.status_code, waited.json()["status"]) == (200, "pending")
        assert waited.headers["Retry-After"]
        assert api.post("/api/predict", json=EXAMPLE, headers={"Prefer": "wait=1"}).status_code == 202
        assert api.get("/api/health").json()["waiting"] == 2
        assert api.delete(location).status_code == 204
        assert api.get(location).json()["status"] == "cancelled"
        stopped.resume()
        until = time.monotonic() + PATIENCE
        while api.get("/api/health").json()["waiting"] and time.monotonic() < until:
            time.sleep(0.05)
        assert api.get(location).json()["status"] == "cancelled", "the worker's later answer does not count"


def test_keys_limits_and_expiry_are_settings(serve: Callable[..., Service]) -> None:
    service = serve(RATE_LIMIT="6/minute", RESULT_TTL="4", MAX_RECORDS="2")
    state = ("--state-dir", str(service.state_dir))
    with service.client() as api:
        location = api.post("/api/predict", json=EXAMPLE, headers=WAIT).headers["Location"]
        assert api.post("/api/predict", json=[EXAMPLE] * 3).status_code == 413
        time.sleep(4.1)
        expired = api.get(location)
        assert (expired.status_code, expired.json()["detail"]) == (410, "The prediction has expired.")
        assert api.delete(location).status_code == 410
        answers = [api.post("/api/predict", json=EXAMPLE) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    key = cli("keys", "create", "anna", *state).stdout.strip()
    assert service.stop() == 0
    service = serve(RESULT_TTL="4", LOG_LEVEL="DEBUG")
    with service.client() as api:
        for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}):
            refused = api.post("/api/predict", json=EXAMPLE, headers=headers)
            assert refused.status_code == 401
            assert "X-API-Key" in refused.json()["detail"]
        accepted = api.post("/api/predict", json=EXAMPLE, headers={"X-API-Key": key, **WAIT})
        assert accepted.status_code == 200
        assert api.get(accepted.headers["Location"]).status_code == 200, "a receipt is enough to read"
        assert api.delete(accepted.headers["Location"]).status_code == 401
        assert api.delete(accepted.headers["Location"], headers={"X-API-Key": key}).status_code == 204
    id_ = accepted.json()["prediction_id"]
    assert f"prediction_id={id_} accepted, records=1, key=anna" in service.log
    until = time.monotonic() + PATIENCE
    while "key=anna predictions=1 records=1 refused=0" not in service.log:
        assert time.monotonic() < until, service.log
        time.sleep(0.1)
    assert "key=? predictions=0 records=0 refused=4" in service.log
    assert key not in service.log
