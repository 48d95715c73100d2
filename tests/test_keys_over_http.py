"""Keys, asked over HTTP: whose ids are read where, which key opens what, and for how long after it is revoked."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from serving.keys import REFRESH_SECONDS, KeyRing
from serving.local.connect import connect_local
from serving.receipt import verify
from serving.settings import Settings
from tests.running import ROOT, Service, cli

EXAMPLE = json.loads((ROOT / "example.json").read_text())
WAIT = {"Prefer": "wait=20"}


def test_two_services_refuse_each_others_ids(service: Service, serve: Callable[..., Service]) -> None:
    with service.client() as one, serve().client() as other:
        for own, foreign in ((one, other), (other, one)):
            location = own.post("/api/predict", json=EXAMPLE, headers=WAIT).raise_for_status().headers["Location"]
            assert foreign.get(location).status_code == 404
            assert foreign.delete(location).status_code == 404
            assert own.get(location).json()["status"] == "succeeded"


def test_what_needs_a_key_says_so_in_openapi(serve: Callable[..., Service], tmp_path: Path) -> None:
    cli("keys", "create", "anna", "--state-dir", str(tmp_path / "state"))
    with serve().client() as api:
        document = api.get("/openapi.json").json()
    (scheme,) = document["components"]["securitySchemes"].items()
    assert scheme[1] == {**scheme[1], "type": "apiKey", "in": "header", "name": "X-API-Key"}
    keyed = {
        (method, path): call["security"]
        for path, methods in document["paths"].items()
        for method, call in methods.items()
        if "security" in call
    }
    needing = [("post", "/api/predict"), ("delete", "/api/predict/{prediction_id}")]
    assert keyed == {call: [{scheme[0]: []}] for call in needing}


def test_a_revoked_key_is_refused_within_a_minute_and_new_signatures_leave_old_ids_readable(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    anna, ben = (cli("keys", "create", name, *state).stdout.strip() for name in ("anna", "ben"))
    service = serve()
    backend = connect_local(Settings.read({}, state_dir=service.state_dir))
    with service.client() as api:

        def post(key: str) -> tuple[int, str]:
            answer = api.post("/api/predict", json=EXAMPLE, headers={"X-API-Key": key, **WAIT})
            return answer.status_code, answer.json().get("prediction_id", "")

        assert [post(key)[0] for key in (anna, ben, "wrong")] == [200, 200, 401]
        old = post(ben)[1]
        first, second = KeyRing(backend.predictions, ttl=60, clock=lambda: time.time() - 2 * REFRESH_SECONDS).rotate()
        assert verify([first], old)
        cli("keys", "revoke", "anna", *state, "--yes")
        revoked = time.monotonic()
        while True:  # the process knows the keys of a minute ago, and not for longer
            asked = time.monotonic()
            if post(anna)[0] == 401:
                break
            assert asked - revoked <= REFRESH_SECONDS
            time.sleep(0.5)
        status, new = post(ben)
        assert status == 200
        assert verify([second], new), "a second key signs now"
        for prediction_id in (old, new):
            assert api.get(f"/api/predict/{prediction_id}").json()["status"] == "succeeded", "without any key"
            assert api.delete(f"/api/predict/{prediction_id}", headers={"X-API-Key": anna}).status_code == 401
            assert api.delete(f"/api/predict/{prediction_id}", headers={"X-API-Key": ben}).status_code == 204
    backend.close()
