"""Bad input gets its status and a message that names the field and the row; the log stays quiet."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from serving.receipt import SigningKey, issue
from tests.running import ROOT, Service

EXAMPLE = json.loads((ROOT / "example.json").read_text())
HEADER = ",".join(EXAMPLE)


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    before = service.log
    with service.client() as client:
        yield client
    written = service.log[len(before) :]
    assert "Traceback" not in written
    assert len(written.splitlines()) <= 2, "no log spam"


def errors(answer: httpx.Response, status: int = 422) -> list[dict[str, Any]]:
    assert answer.status_code == status, answer.text
    found: list[dict[str, Any]] = answer.json()["detail"]
    for error in found:
        assert set(error) == {"loc", "msg", "type"}
    return found


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in EXAMPLE.items() if name not in names}


@pytest.mark.parametrize(
    ("body", "loc", "message"),
    [
        ('{"sepal', ["body"], "Invalid JSON"),
        ("", ["body"], "Invalid JSON"),
        ("[" * 5000, ["body"], "deeper than 100"),
        ('"text"', ["body"], "be an object"),
        ("[]", ["body"], "at least 1 item"),
        ("[1]", ["body", 0], "be an object"),
        (json.dumps({**EXAMPLE, "petal width (cm)": "wide"}), ["body", "petal width (cm)"], "valid number"),
        (json.dumps({**EXAMPLE, "petal width (cm)": None}), ["body", "petal width (cm)"], "valid number"),
        (json.dumps({**EXAMPLE, "petal width (cm)": 40}), ["body", "petal width (cm)"], "less than or equal to 4"),
        (json.dumps({**EXAMPLE, "petal width (cm)": float("nan")}), ["body", "petal width (cm)"], "finite number"),
        (json.dumps({**EXAMPLE, "petal width (cm)": "NaN"}), ["body", "petal width (cm)"], "finite number"),
        (json.dumps(EXAMPLE).replace("0.2", "1e999"), ["body", "petal width (cm)"], "finite number"),
        (json.dumps(without("petal width (cm)")), ["body", "petal width (cm)"], "required"),
        (json.dumps({**EXAMPLE, "colour": "blue"}), ["body", "colour"], "Extra inputs"),
        (json.dumps([EXAMPLE, EXAMPLE, {**EXAMPLE, "colour": 1}]), ["body", 2, "colour"], "Extra inputs"),
        (b'{"a": "\xff\xfe"}', ["body"], "Invalid JSON"),
    ],
)
def test_a_bad_record_is_refused_with_its_place(api: httpx.Client, body: str, loc: list[Any], message: str) -> None:
    answer = api.post("/api/predict", content=body, headers={"Content-Type": "application/json"})
    (error, *_) = errors(answer)
    assert error["loc"] == loc
    assert message in error["msg"]


def test_every_error_of_a_body_is_named_up_to_a_thousand(api: httpx.Client) -> None:
    found = errors(api.post("/api/predict", json=[{**EXAMPLE, "petal width (cm)": -1}] * 1200))
    assert len(found) == 1001
    assert found[999]["loc"] == ["body", 999, "petal width (cm)"]
    assert found[1000]["msg"] == "200 more errors are not shown"


@pytest.mark.parametrize(
    ("text", "loc", "message"),
    [
        ("", ["body"], "empty"),
        (HEADER + "\n", ["body"], "at least 1 item"),
        (HEADER + ",colour\n1,2,3,4,5\n", ["body", "header", "colour"], "no such column"),
        (HEADER + ",petal_width\n1,2,3,4,5\n", ["body", "header", "petal_width"], "there twice"),
        ("sepal_length\n5\n", ["body", "header", "sepal width (cm)"], "missing"),
        (HEADER + "\n5.1,3.5,1.4,0.2\n5.1,3.5\n", ["body", 1], "has 2 cells and there are 4 columns"),
        (HEADER + "\n5.1,3.5,1.4,0.2\n5.1,3.5,1.4,wide\n", ["body", 1, "petal width (cm)"], "valid number"),
        (HEADER + "\n5.1,3.5,1.4,\n", ["body", 0, "petal width (cm)"], "valid number"),
        (HEADER + '\n5.1,3.5,1.4,"0.2\n', ["body", "line", 2], "Not CSV"),
        (HEADER.encode() + b"\n5.1,3.5,1.4,\xe9\n", ["body", "line", 2], "not UTF-8"),
        (HEADER.encode("utf-16"), ["body", "line", 1], "not UTF-8"),
        (b"\xef\xbb\xbf" + HEADER.encode() + b"\n\xe9", ["body", "line", 2], f"Byte {len(HEADER) + 4} is not UTF-8"),
    ],
)
def test_bad_csv_is_refused_with_its_place(api: httpx.Client, text: Any, loc: list[Any], message: str) -> None:
    (error, *_) = errors(api.post("/api/predict", content=text, headers={"Content-Type": "text/csv"}))
    assert error["loc"] == loc
    assert message in error["msg"]


def test_too_many_records_are_413_and_say_the_limit(api: httpx.Client) -> None:
    for body, kind in (
        (json.dumps([EXAMPLE] * 10_001), "application/json"),
        (HEADER + "\n" + "5.1,3.5,1.4,0.2\n" * 10_001, "text/csv"),
    ):
        answer = api.post("/api/predict", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 413
        assert "10000" in answer.json()["detail"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_50_mb_is_413(api: httpx.Client, service: Service, chunked: bool) -> None:
    body = b"[" + b" " * 50_000_000 + b"]"
    api_process = service.processes("api")[0]
    before = api_process.memory_info().rss
    content = (body[i : i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    answer = api.post("/api/predict", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "4194304 bytes" in answer.json()["detail"]
    assert api_process.memory_info().rss - before < 30_000_000
    assert api.get("/api/health").status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/csv; charset*0=a; charset*=b", "text/csv; header*0=a; header*=b", 'text/csv; charset="', "/", ";;;"],
)
def test_a_content_type_that_can_not_be_read_is_415(api: httpx.Client, kind: str) -> None:
    assert api.post("/api/predict", content="1", headers={"Content-Type": kind}).status_code in {415, 422}


def test_more_values_than_the_schema_can_need_are_413_before_they_are_parsed(
    api: httpx.Client, service: Service
) -> None:
    api_process = service.processes("api")[0]
    before = api_process.memory_info().rss
    unknown = "{" + ",".join(f'"{number}":1' for number in range(100_000)) + "}"
    for body, kind in (("," * 1_000_000, "text/csv"), (unknown, "application/json"), ("[" + "1," * 2_000_000, "")):
        answer = api.post("/api/predict", content=body, headers={"Content-Type": kind or "application/json"})
        assert answer.status_code == 413
        assert "too many values" in answer.json()["detail"]
    assert api_process.memory_info().rss - before < 30_000_000


def test_in_a_large_body_the_first_bad_record_is_told_and_that_it_is_the_first(api: httpx.Client) -> None:
    rows = [EXAMPLE] * 6_000 + [{**EXAMPLE, "petal width (cm)": -1}] * 2
    first, more = errors(api.post("/api/predict", json=rows))
    assert first["loc"] == ["body", 6_000, "petal width (cm)"]
    assert "only the first record" in more["msg"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "text/csv; charset=utf-16"])
def test_an_unknown_content_type_is_415(api: httpx.Client, kind: str) -> None:
    answer = api.post("/api/predict", content="5.1,3.5,1.4,0.2", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json or text/csv" in answer.json()["detail"] or "UTF-8" in answer.json()["detail"]


def test_an_idempotency_key_that_is_too_long_is_422(api: httpx.Client) -> None:
    answer = api.post("/api/predict", json=EXAMPLE, headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 422


def foreign_id() -> str:
    return issue(SigningKey(secret=b"another service", ttl=3600, use_from=0), 1_700_000_000_000).prediction_id


def test_an_id_that_this_service_never_gave_out_is_404(api: httpx.Client) -> None:
    good = api.post("/api/predict", json=EXAMPLE).json()["prediction_id"]
    flipped = ("B" if good[0] == "A" else "A") + good[1:]
    for bad in (good[:-1], good + "A", flipped, foreign_id(), "x", "0" * 32, "é" * 32, "signing-keys", "%00"):
        for answer in (api.get(f"/api/predict/{bad}"), api.delete(f"/api/predict/{bad}")):
            assert answer.status_code == 404, bad
            assert answer.json() == {"detail": "This service never gave out that prediction_id."}


def test_other_paths_and_methods_are_404_and_405(api: httpx.Client) -> None:
    assert api.get("/api/nothing").status_code == 404
    assert api.put("/api/predict", json=EXAMPLE).status_code == 405
