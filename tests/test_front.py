"""What goes past FastAPI on one machine is answered exactly as FastAPI would."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.front import Front
from app.main import create_app
from serving.settings import Settings
from tests.running import ROOT

EXAMPLE = json.loads((ROOT / "example.json").read_bytes())
OWN = {"prediction_id", "accepted_at", "expires_at"}
"""What differs from one prediction to the next."""


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings.read({}, project_dir=ROOT, state_dir=tmp_path / "state"))


def ask(app: Any, method: str, path: str, **request: Any) -> tuple[int, Mapping[str, str], Any]:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, **request)

    answer = asyncio.run(asked())
    body = answer.json() if answer.content else None
    return answer.status_code, answer.headers, body


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/api/predict", {"json": EXAMPLE}),
        ("POST", "/dev/api/predict", {"json": EXAMPLE}),
        ("POST", "/api/predict", {"json": [EXAMPLE] * 3, "headers": {"Prefer": "wait=0"}}),
        ("POST", "/api/predict", {"json": {}}),
        ("POST", "/api/predict", {"content": b"{"}),
        ("POST", "/api/predict", {"content": b"a", "headers": {"Content-Type": "image/png"}}),
        ("POST", "/api/predict", {"json": EXAMPLE, "headers": {"Idempotency-Key": "k" * 256}}),
        ("POST", "/api/predict", {"content": b" " * (5 << 20)}),
        ("POST", "/api/predict/", {"json": EXAMPLE}),
        ("PUT", "/api/predict", {"json": EXAMPLE}),
        ("GET", "/api/predict", {}),
        ("GET", "/api/predict/", {}),
        ("GET", "/api/predict/nothing", {}),
        ("GET", "/api/predict/a/b", {}),
        ("GET", "/api/predict/a%2Fb", {}),
        ("GET", "/other/api/predict/nothing", {}),
        ("PUT", "/api/predict/nothing", {}),
        ("DELETE", "/api/predict/nothing", {}),
        ("GET", "/api/health", {}),
        ("GET", "/api/nothing", {}),
    ],
)
def test_both_ways_give_the_same_answer(app: FastAPI, method: str, path: str, request_: dict[str, Any]) -> None:
    status, headers, body = ask(Front(app), method, path, **request_)
    expected, wanted, document = ask(app, method, path, **request_)
    assert (status, sorted(headers)) == (expected, sorted(wanted))
    assert {name for name in headers if headers[name] != wanted[name]} <= {"location"}
    if isinstance(body, dict):
        body, document = ({k: v for k, v in each.items() if k not in OWN} for each in (body, document))
    assert body == document


def test_a_pending_prediction_is_read_and_cancelled(app: FastAPI) -> None:
    front = Front(app)
    _, headers, accepted = ask(front, "POST", "/api/predict", json=EXAMPLE)
    assert ask(front, "GET", headers["location"])[2] == accepted
    assert ask(front, "DELETE", headers["location"])[0] == 204
    assert ask(front, "GET", headers["location"])[2]["status"] == "cancelled"


def test_who_asks_from_another_origin_is_answered_with_cors(app: FastAPI) -> None:
    _, headers, _ = ask(Front(app), "POST", "/api/predict", json=EXAMPLE, headers={"Origin": "https://somebody.io"})
    assert headers["access-control-allow-origin"] == "*"


def test_a_bug_is_500_without_a_word_of_it_and_raised_for_the_log(app: FastAPI) -> None:
    (route,) = [route for route in app.routes if getattr(route, "path", "") == "/api/predict"]

    async def failing(request: object) -> None:
        raise RuntimeError("a secret")

    route.endpoint = failing  # type: ignore[attr-defined]
    front = Front(app)
    assert ask(front, "POST", "/api/predict", json=EXAMPLE)[::2] == (500, {"detail": "Internal error."})
    client = httpx.AsyncClient(transport=httpx.ASGITransport(front))
    with pytest.raises(RuntimeError, match="a secret"):
        asyncio.run(client.post("http://service/api/predict", json=EXAMPLE))
