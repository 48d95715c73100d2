"""The HTTP contract, all through the deployed zips."""

import json
import random
from typing import Any

import httpx
import pytest

from tests.aws.e2e.conftest import Site
from tests.aws.e2e.project import CLASSES, EXAMPLE
from tests.aws.gateway import let_pages_call

WAIT = {"Prefer": "wait=5"}


def test_a_post_is_accepted_and_its_location_leads_to_the_answer(site: Site, api: httpx.Client) -> None:
    accepted = api.post("/api/predict", json=EXAMPLE)
    assert accepted.status_code == 202
    assert accepted.headers["Retry-After"]
    assert accepted.json()["status"] == "pending"
    answer = site.finished(api, accepted.headers["Location"])
    assert answer["status"] == "succeeded"
    assert answer["result"]["prediction"] == "class 02"
    assert len(answer["result"]["probabilities"]) == CLASSES
    assert answer["model"]["tag"].startswith("e2e-")


def test_a_client_that_waits_has_its_answer_at_once(api: httpx.Client) -> None:
    answer = api.post("/api/predict", json=EXAMPLE, headers=WAIT)
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=5"
    assert answer.json()["status"] == "succeeded"


def test_the_stage_may_stand_before_the_path(api: httpx.Client) -> None:
    assert api.post("/dev/api/predict", json=EXAMPLE, headers=WAIT).json()["status"] == "succeeded"


def test_an_array_at_the_limit_comes_back_in_order(site: Site, api: httpx.Client) -> None:
    most = api.get("/api/info").json()["limits"]["max_records"]
    draw = random.Random(2)
    records = [{"x": 5 * draw.randrange(CLASSES) + 2.5, "y": draw.uniform(0, 100)} for _ in range(most)]
    accepted = api.post("/api/predict", json=records).raise_for_status()
    answer = site.finished(api, accepted.headers["Location"])
    assert [row["prediction"] for row in answer["result"]] == [f"class {int(r['x'] // 5):02d}" for r in records]
    assert all(len(row["probabilities"]) == CLASSES for row in answer["result"])
    assert len(json.dumps(answer)) > 400_000, "larger than DynamoDB's items"
    assert api.post("/api/predict", json=[*records, records[0]]).status_code == 413


def test_csv_goes_in_and_comes_out(site: Site, api: httpx.Client) -> None:
    text = "x,y\n2.5,50\n97.5,50\n"
    accepted = api.post("/api/predict", content=text, headers={"Content-Type": "text/csv"}).raise_for_status()
    site.finished(api, accepted.headers["Location"])
    shown = api.get(accepted.headers["Location"], headers={"Accept": "text/csv"})
    assert shown.headers["Content-Type"].startswith("text/csv")
    assert [line.split(",")[0] for line in shown.text.splitlines()] == ["prediction", "class 00", "class 19"]


def test_a_body_of_three_mebibytes_is_answered(site: Site, api: httpx.Client) -> None:
    letters = random.Random(3).choices('abcdefghijklmnopqrstuvwxyzäöü\n"\\', k=3_000)
    records = [{"x": 5 * (i % CLASSES) + 2.5, "y": 1, "note": "".join(letters[i:] + letters[:i])} for i in range(900)]
    body = json.dumps(records, ensure_ascii=False).encode()
    assert 3 * 2**20 - 200_000 < len(body) < 4 * 2**20
    accepted = api.post("/api/predict", content=body, headers={"Content-Type": "application/json"}).raise_for_status()
    answer = site.finished(api, accepted.headers["Location"])
    assert [row["prediction"] for row in answer["result"]] == [f"class {int(r['x'] // 5):02d}" for r in records]


def test_a_row_that_the_model_refuses_is_an_error_of_its_own(site: Site, api: httpx.Client) -> None:
    records = [{"x": 1, "deed": "refuse" if i == 3 else "none"} for i in range(6)]
    accepted = api.post("/api/predict", json=records).raise_for_status()
    rows = site.finished(api, accepted.headers["Location"])["result"]
    assert rows[3]["error"]["code"] == "row_rejected"
    assert "asks to be refused" in rows[3]["error"]["message"]
    assert [row.get("prediction") for row in rows if row is not rows[3]] == ["class 00"] * 5


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/api/predict", {"x": 1000}, 422), ("/api/predict", {"x": 1, "z": 1}, 422), ("/api/nothing", EXAMPLE, 404)],
)
def test_bad_requests_are_told_what_is_wrong(api: httpx.Client, path: str, body: Any, status: int) -> None:
    answer = api.post(path, json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_forged_id_is_unknown(api: httpx.Client) -> None:
    assert api.get(f"/api/predict/{'A' * 32}").status_code == 404


def test_the_same_idempotency_key_gives_the_same_prediction(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one", **WAIT}
    first = api.post("/api/predict", json=EXAMPLE, headers=headers)
    again = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert first.json()["prediction_id"] == again.json()["prediction_id"]
    assert again.json() == first.json()
    assert api.post("/api/predict", json={"x": 99}, headers=headers).status_code == 422


def test_a_replay_completes_what_broke_off_between_the_row_and_the_queue(site: Site, api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "broken off"}
    table = site.emulator.client("dynamodb")

    def claims() -> list[str]:
        rows = table.scan(TableName=site.outputs()["Table"])["Items"]
        return [row["key"]["S"] for row in rows if row["key"]["S"].startswith("claim-")]

    before = claims()
    with site.without("Api", "sqs:SendMessage"):
        refused = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    (claim,) = set(claims()) - set(before)
    assert claim, "the row was written before the send"
    accepted = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert accepted.status_code == 202
    assert site.finished(api, accepted.headers["Location"])["status"] == "succeeded"
    again = api.post("/api/predict", json=EXAMPLE, headers=headers)
    assert again.json()["prediction_id"] == accepted.json()["prediction_id"]
    assert set(claims()) - set(before) == {claim}


def test_what_is_deleted_after_its_answer_is_gone(site: Site, api: httpx.Client) -> None:
    draw = random.Random(4)
    records = [{"x": draw.uniform(0, 100)} for _ in range(500)]  # large enough to travel through the payload bucket
    location = api.post("/api/predict", json=records).raise_for_status().headers["Location"]
    site.finished(api, location)
    prefix = f"results/{location.split('/')[-1]}"
    bucket = site.outputs()["PayloadBucket"]
    s3 = site.emulator.client("s3")
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 1
    assert api.delete(location).status_code == 204
    assert api.get(location).status_code == 410
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_what_is_deleted_before_its_answer_is_cancelled(site: Site, api: httpx.Client) -> None:
    with site.paused():
        location = api.post("/api/predict", json=EXAMPLE).raise_for_status().headers["Location"]
        assert api.delete(location).status_code == 204
        assert api.get(location).json()["status"] == "cancelled"
    site.drained()
    assert api.get(location).json()["status"] == "cancelled"


def test_browsers_of_other_origins_may_ask(site: Site, api: httpx.Client) -> None:
    let_pages_call(site.emulator, site.stack)
    answer = api.get("/api/info", headers={"Origin": "https://someone.github.io"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]


def test_info_tells_the_model_and_a_line_that_works(site: Site, api: httpx.Client) -> None:
    info = api.get("/api/info").json()
    assert info["model"]["tag"].startswith("e2e-")
    assert info["limits"]["max_records"] == 1000
    assert site.endpoint in info["snippets"]["curl"]
    assert api.get("/api/health").json()["status"] == "ok"
