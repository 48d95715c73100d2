"""GET /api/info: what a client has to know, and snippets that run."""

import asyncio
import json
import time
from typing import Any

from app.size import most_values
from serving.errors import ServingError, TagMissing
from serving.models import ModelRegistry
from serving.ports import PredictionStore
from serving.prediction import ModelVersion
from serving.project import Project
from serving.report import read_report
from serving.settings import Settings

PYTHON = """import json

import httpx
import pandas as pd


def predict(frame: pd.DataFrame, url: str = "{url}") -> pd.DataFrame:
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    text = json.dumps(records, default=str)
    rows = json.loads(text)
    with httpx.Client(base_url=url, timeout=60) as api:
        limits = api.get("/api/info").raise_for_status().json()["limits"]
        size = max(1, min(limits["max_records"], limits["max_body"] * len(rows) // (2 * len(text))))
        slices = [rows[start : start + size] for start in range(0, len(rows), size)]
        accepted = [api.post("/api/predict", json=part).raise_for_status() for part in slices]
        results = []
        for answer in accepted:
            body = answer.json()
            while body["status"] == "pending":
                body = api.get(answer.headers["Location"], headers={{"Prefer": "wait=20"}}).raise_for_status().json()
            if body["status"] != "succeeded":
                raise RuntimeError(body["error"]["message"])
            results += body["result"]
    return pd.json_normalize(results).set_index(frame.index)
"""
BOTH = ("max_records", "max_body", "max_result", "max_depth", "max_string", "wait_limit", "result_ttl")
ONE_MACHINE = (
    *("max_url", "max_headers", "max_header_count", "max_connections", "max_buffered"),
    *("client_timeout", "client_rate"),
)
CURL = "curl -s {url}/api/predict{key} -H 'Prefer: wait=5' -H 'Content-Type: application/json' -d '{example}'"


def description(project: Project, settings: Settings) -> dict[str, Any]:
    """What holds of the service wherever it runs and whichever model it serves: a page of the form is made with it."""
    return {
        "service": settings.service,
        "stage": settings.stage,
        "title": project.title,
        "units": project.units,
        "form": project.form.to_dict(),
        "example": project.example,
        "schema": project.json_schema,
        "limits": limits(project, settings),
    }


def limits(project: Project, settings: Settings) -> dict[str, Any]:
    """What the settings of the same names say, as far as this service and not the gateway on AWS holds them."""
    held = BOTH if settings.backend == "aws" else BOTH + ONE_MACHINE
    named = {name: getattr(settings, name) for name in held}
    return {**named, "max_values": most_values(project, settings), "rate_limit": settings.rate_limit or None}


class Info:
    """The description of the service; the model's part is read again every MODEL_REFRESH seconds."""

    def __init__(
        self, project: Project, settings: Settings, registry: ModelRegistry, predictions: PredictionStore
    ) -> None:
        self._project = project
        self._settings = settings
        self._registry = registry
        self._predictions = predictions
        self._model: dict[str, Any] | None = None
        self._read_at = float("-inf")

    async def describe(self, url: str, *, keyed: bool) -> dict[str, Any]:
        """`url` is where the client reached the service; `keyed`: whether it needs an API key."""
        if time.monotonic() - self._read_at > self._settings.model_refresh:
            self._model = await asyncio.to_thread(self._read_model)
            self._read_at = time.monotonic()
        return {
            **description(self._project, self._settings),
            "model": self._model,
            "key_required": keyed,
            "snippets": snippets(url, self._project, keyed=keyed),
        }

    def _read_model(self) -> dict[str, Any] | None:
        """What the workers serve, as they say themselves; before the first of them does, what is current.

        With `wanted` when that is another one, and with `problem` when it can't be loaded.
        """
        try:
            pointer = self._registry.pointer()
            report = read_report(self._predictions)
            served = report.model if report else pointer and pointer.current
            found = self._described(served) if served else None
        except ServingError:
            return None
        if pointer is None or served == pointer.current:
            return found
        # Why it can't be loaded may name paths of the service: `cli status` tells that, and whoever asks here is told
        # that it is so.
        failed = report is not None and report.wanted == pointer.tag
        problem = {"problem": f"{pointer.tag} can't be loaded: `cli status` says why."} if failed else {}
        return {**(found or {"tag": None, "sha256": None}), "wanted": pointer.tag, **problem}

    def _described(self, version: ModelVersion) -> dict[str, Any]:
        """Raises ModelRefused, ModelUnavailable."""
        found = {"tag": version.tag, "sha256": version.sha256}
        try:
            manifest = self._registry.manifest(version.tag)
        except TagMissing:  # deleted while it is still in memory
            return found
        return {
            **found,
            "created_at": manifest.created_at,
            "versions": manifest.versions,
            "metrics": dict(manifest.metrics),
        }


def snippets(url: str, project: Project, *, keyed: bool = False) -> dict[str, str]:
    """A curl line for the example, and Python for a whole DataFrame; `keyed`: with an API key from API_KEY."""
    key = ' -H "X-API-Key: $API_KEY"' if keyed else ""
    example = json.dumps(project.example).replace("'", "'\\''")
    return {"curl": CURL.format(url=url, key=key, example=example), "python": PYTHON.format(url=url)}
