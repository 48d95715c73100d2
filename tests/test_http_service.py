"""What the service says of itself: health, info, OpenAPI, CORS; and that it promises nothing it can't keep."""

import json
import sqlite3
import time
from contextlib import closing

import httpx

from tests.running import PATIENCE, ROOT, Service

EXAMPLE = json.loads((ROOT / "example.json").read_text())


def test_cors_allows_and_exposes_what_the_form_needs(api: httpx.Client) -> None:
    wanted = {"Prefer", "Idempotency-Key", "X-API-Key", "Content-Type"}
    preflight = api.options(
        "/api/predict",
        headers={
            "Origin": "https://somebody.github.io",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(wanted),
        },
    )
    assert preflight.status_code == 200
    answer = api.post("/api/predict", json=EXAMPLE, headers={"Origin": "https://somebody.github.io"})
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"Location", "Retry-After", "Preference-Applied"}


def test_health_names_each_part_and_what_waits(api: httpx.Client) -> None:
    until = time.monotonic() + PATIENCE
    while (body := api.get("/api/health").json())["waiting"]:  # what the tests before left
        assert time.monotonic() < until, body
        time.sleep(0.05)
    assert [body[part] for part in ("status", "api", "queue", "store")] == ["ok"] * 4
    assert body["oldest_seconds"] == 0


def test_info_says_what_a_client_has_to_know(api: httpx.Client) -> None:
    info = api.get("/api/info").json()
    assert (info["service"], info["title"], info["units"]) == ("iris", "Iris species", "species")
    assert info["example"] == EXAMPLE
    assert list(info["schema"]["properties"]) == list(EXAMPLE)
    assert info["schema"] == api.get("/api/schema").json()
    assert info["model"]["metrics"]["holdout_accuracy"] > 0.9
    assert info["model"]["versions"]["scikit-learn"]
    assert info["limits"]["max_records"] == 10_000


def test_a_queue_that_can_not_be_reached_is_503_and_promises_nothing(service: Service, api: httpx.Client) -> None:
    with closing(sqlite3.connect(service.state_dir / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write now
        answer = api.post("/api/predict", json=EXAMPLE)
        other.execute("ROLLBACK")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Location" not in answer.headers
    assert set(answer.json()) == {"detail"}
    assert api.post("/api/predict", json=EXAMPLE, headers={"Prefer": "wait=10"}).status_code == 200


def test_openapi_describes_the_record_with_its_example(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    post = document["paths"]["/api/predict"]["post"]
    assert post["requestBody"]["content"]["application/json"]["example"] == EXAMPLE
    assert set(post["responses"]) == {"200", "202", "401", "410", "413", "415", "422", "429", "503"}
    assert "PredictionData" in document["components"]["schemas"]
    assert "/dev/api/predict" not in document["paths"]
    assert api.get("/docs").status_code == 200
