"""HTTP with the service: what to retry, how long, and what each answer means for a slice."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from commands.batch.slices import csv_line
from serving.errors import GonePrediction, ServingError, TooLarge, UnknownPrediction

LONGEST_PAUSE = 10.0
PENDING = "pending"


class Refused(ServingError):
    """The service refuses, and sending the same again would change nothing."""


class OutOfPatience(ServingError):
    """The service could not be reached, or had no room, for as long as it was tried."""


class RowsRefused(ServingError):
    """Some rows of the body are not valid: their numbers in it, from 0, and what is wrong."""

    def __init__(self, messages: Mapping[int, str]) -> None:
        super().__init__(f"{len(messages)} rows are refused")
        self.messages = messages


@dataclass(frozen=True, kw_only=True)
class Info:
    """What a client has to know of the service."""

    max_records: int
    max_body: int
    wait_limit: float
    schema: Mapping[str, Any]


class Client:
    """One service. `trouble` is told why a call is tried again, and "" when one went through."""

    def __init__(self, url: str, key: str | None, *, patience: float, trouble: Callable[[str], None]) -> None:
        if not url.startswith(("http://", "https://")):
            raise Refused(f"{url} is no address: it starts with http:// or https://.")
        self.url = url.rstrip("/")
        self._patience = patience
        self._trouble = trouble
        self._reached_at = -math.inf
        self._wait = 0.0
        self._http = httpx.AsyncClient(
            headers={"X-API-Key": key} if key else {}, timeout=httpx.Timeout(30, connect=5, read=60, pool=None)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def info(self) -> Info:
        """GET /api/info. Raises OutOfPatience at once when nobody listens there: most likely the address is wrong."""
        answer = await self._call("GET", "/api/info", at_once=True)
        try:
            body = answer.json()
            limits = body["limits"]
            info = Info(
                max_records=limits["max_records"],
                max_body=limits["max_body"],
                wait_limit=limits["wait_limit"],
                schema=body["schema"],
            )
        except (ValueError, KeyError, TypeError):
            message = f"{self.url} is not this service: GET /api/info is answered with {answer.status_code}."
            raise Refused(message) from None
        self._wait = info.wait_limit
        return info

    async def judge_columns(self, columns: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
        """The columns that the service does not take, and those it misses.

        A CSV of nothing but a header is always refused with 422, and never predicted: the errors say what is known.
        """
        answer = await self._call(
            "POST", "/api/predict", content=csv_line(columns).encode(), headers={"Content-Type": "text/csv"}
        )
        if answer.status_code != 422:
            raise Refused(_explained(answer))
        errors = [error for error in _detail(answer) if error["loc"][1:2] == ["header"]]
        missing = tuple(error["loc"][2] for error in errors if error["type"] == "missing")
        return frozenset(error["loc"][2] for error in errors) - {*missing}, missing

    async def send(self, body: bytes, content_type: str, key: str) -> str:
        """POST a slice; returns the prediction_id. Raises TooLarge, RowsRefused, Refused, OutOfPatience."""
        headers = {"Content-Type": content_type, "Idempotency-Key": key}
        answer = await self._call("POST", "/api/predict", content=body, headers=headers)
        if answer.status_code in {200, 202}:
            return str(_document(answer)["prediction_id"])
        if answer.status_code == 413:
            raise TooLarge(_explained(answer))
        messages = _rows(answer) if answer.status_code == 422 else {}
        if messages:
            raise RowsRefused(messages)
        raise Refused(_explained(answer))

    async def finished(self, prediction_id: str) -> Any:
        """The body of a finished prediction, however long that takes.

        Raises UnknownPrediction, GonePrediction, Refused, OutOfPatience.
        """
        headers = {"Prefer": f"wait={self._wait:.0f}"}
        while True:
            answer = await self._call("GET", f"/api/predict/{prediction_id}", headers=headers)
            if answer.status_code == 404:
                raise UnknownPrediction(_explained(answer))
            if answer.status_code == 410:
                raise GonePrediction(_explained(answer))
            if answer.status_code != 200:
                raise Refused(_explained(answer))
            body = _document(answer)
            if body["status"] != PENDING:
                return body
            await asyncio.sleep(_retry_after(answer) or 1)

    async def _call(self, method: str, path: str, *, at_once: bool = False, **request: Any) -> httpx.Response:
        """An answer that is final. Patience counts from the last call that went through, whichever it was:

        with a rate limit, many calls wait while few go through, and that is no reason to give up.
        """
        started = time.monotonic()
        attempt = 0
        while True:
            pause = min(0.25 * 2**attempt, LONGEST_PAUSE)
            try:
                answer = await self._http.request(method, self.url + path, **request)
            except httpx.InvalidURL as error:
                raise Refused(f"{self.url} is no address: {error}.") from None
            except httpx.TransportError as error:
                if at_once:
                    hint = "Is it running there? --url or SERVICE_URL names another address."
                    raise OutOfPatience(f"{self.url} can't be reached ({_reason(error)}). {hint}") from None
                reason = (
                    "can't be reached" if isinstance(error, httpx.ConnectError) else f"broke off ({_reason(error)})"
                )
            else:
                if answer.status_code != 429 and answer.status_code < 500:
                    self._reached_at = time.monotonic()
                    self._trouble("")
                    return answer
                reason = f"answers {answer.status_code}"
                pause = _retry_after(answer) or pause
            tried = time.monotonic() - max(started, self._reached_at)
            if tried + pause > self._patience:
                asks = f" and asks for {pause:.0f} s more" if pause > LONGEST_PAUSE else ""
                raise OutOfPatience(f"{self.url} {reason}{asks}; given up after {tried:.0f} s.")
            self._trouble(reason)
            await asyncio.sleep(pause)
            attempt += 1


def _document(answer: httpx.Response) -> Any:
    """A prediction's body. Raises Refused for what somebody else answers in the service's place."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not {"prediction_id", "status"} <= body.keys():
        raise Refused(f"{answer.request.url} answers {answer.status_code} without a prediction.")
    return body


def _retry_after(answer: httpx.Response) -> float:
    """Seconds; 0 without the header or for a date, which this service does not send."""
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timed out"
    said = str(error) or type(error).__name__
    return "nothing listens there" if said == "All connection attempts failed" else said  # which says nothing


def _detail(answer: httpx.Response) -> list[Any]:
    """The entries of a 422."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return []
    return detail if isinstance(detail, list) else []


def _rows(answer: httpx.Response) -> dict[int, str]:
    """Row of the body -> what is wrong with it; empty when an error belongs to no row, so that no row is at fault."""
    messages: dict[int, str] = {}
    for error in _detail(answer):
        loc = error["loc"]
        if len(loc) > 1 and isinstance(loc[1], int):
            message = _named(loc[2:], error["msg"])
            messages[loc[1]] = f"{messages[loc[1]]}; {message}" if loc[1] in messages else message
        elif error["type"] != "more_errors":
            return {}
    return messages


def _explained(answer: httpx.Response) -> str:
    """What the service says, in one line."""
    errors = _detail(answer)
    if errors:
        return "; ".join(_named(error["loc"][1:], error["msg"]) for error in errors[:5])
    try:
        body = answer.json()
        said = str(body.get("detail") or body.get("message") or json.dumps(body))
    except (ValueError, AttributeError):
        said = answer.reason_phrase
    if answer.status_code == 401:
        return f"{said} This command reads the key from the environment variable API_KEY."
    return f"{answer.request.url} answers {answer.status_code}: {said}"


def _named(place: Sequence[str | int], message: str) -> str:
    return f"{'.'.join(map(str, place))}: {message}" if place else message
