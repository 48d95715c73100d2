"""The smoke test of a deployment: the project's example goes to the new endpoint, and the new model must answer it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from serving.errors import ServingError
from serving.prediction import Code

PATIENCE = 120.0
"""Seconds: a cold start, and until workers follow the pointer."""
PAUSE = 1.0
SETTLED = 10.0
"""Seconds after which what can't load the new model is no worker of the deployment before."""


class FeaturesMissing(ServingError):
    """The feature store has nothing of the example's entities: that says nothing of the model."""


def answered(endpoint: str) -> None:
    """Wait until the API answers at all. Raises ServingError that says what was answered."""
    with httpx.Client(base_url=endpoint, timeout=35) as api:
        _tried(api, "GET", "/api/schema", time.monotonic() + PATIENCE)


def smoke_test(
    endpoint: str, example: Any, tag: str, *, key: str | None = None, hopeless: Callable[[], str | None] = lambda: None
) -> Mapping[str, Any]:
    """The finished prediction of the example by the model `tag`.

    Raises FeaturesMissing, and ServingError that says what was answered.

    `hopeless` is asked now and then while there is no answer, and may say why there will be none.
    """
    began = time.monotonic()
    until = began + PATIENCE
    headers = {"X-API-Key": key} if key else {}
    with httpx.Client(base_url=endpoint, headers=headers, timeout=35) as api:
        while True:
            answer = _predicted(api, example, until, hopeless)
            if answer.get("error", {}).get("code") == Code.FEATURES_MISSING:
                raise FeaturesMissing(answer["error"]["message"])
            if answer["status"] != "succeeded":
                said = hopeless() or answer.get("error", {}).get("message", answer)
                raise ServingError(f"the example {answer['status']}: {said}")
            if answer["model"]["tag"] == tag:
                return answer
            reason = hopeless() if time.monotonic() > began + SETTLED else None
            if reason is not None:
                raise ServingError(f"{answer['model']['tag']} still answers, not {tag}: {reason}")
            if time.monotonic() > until:
                raise ServingError(f"after {PATIENCE:.0f} seconds {answer['model']['tag']} still answers, not {tag}")
            time.sleep(PAUSE)


def _predicted(api: httpx.Client, example: Any, until: float, hopeless: Callable[[], str | None]) -> dict[str, Any]:
    """POST, then GET until it is finished."""
    response = _tried(api, "POST", "/api/predict", until, json=example)
    try:
        location = response.headers["Location"]
        body: dict[str, Any] = response.json()
        while body["status"] == "pending":
            if time.monotonic() > until:
                raise ServingError(f"prediction {body['prediction_id']} is still pending after {PATIENCE:.0f} seconds")
            body = _tried(api, "GET", location, until).json()
            reason = hopeless() if body["status"] == "pending" else None
            if reason is not None:
                raise ServingError(reason)
    except (KeyError, ValueError) as error:
        raise ServingError(f"{api.base_url} does not answer as this API does: {response.text[:300]}") from error
    return body


def _tried(api: httpx.Client, method: str, path: str, until: float, **options: Any) -> httpx.Response:
    """A new API may need some seconds until it answers, and a new key a minute until it is known."""
    while True:
        try:
            response = api.request(method, path, headers={"Prefer": "wait=5"}, **options)
        except httpx.TransportError as error:
            problem = f"{api.base_url} can't be reached: {error}"
        else:
            if response.is_success:
                return response
            problem = f"{method} {path} was answered with {response.status_code}: {response.text[:300]}"
            if response.status_code not in {401, 403, 404, 429, 500, 502, 503, 504}:
                raise ServingError(problem)
        if time.monotonic() > until:
            raise ServingError(problem)
        time.sleep(PAUSE)
