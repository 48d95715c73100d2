"""Secrets are planted everywhere and looked for in everything that a service on this machine says."""

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pandas as pd
import pytest
from pydantic_core import from_json
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from commands.webform.building import DIST
from serving.keys import SIGNING
from serving.local.connect import connect_local
from serving.settings import Settings
from tests.making import function_of, pickled, write_project
from tests.planted import DOTENV, ENVIRONMENT, FOLDER, RECORD, found, plant
from tests.running import PATIENCE, Service, cli, running_service

pytestmark = pytest.mark.service
WAIT = {"Prefer": "wait=20"}
DEEDS = """
import os
from pathlib import Path


def act(frame):
    for word in frame["word"]:
        if word.startswith("raise"):
            raise ValueError(f"{word} is not in {Path(__file__).parent}/words.txt")
        if word.startswith("exit"):
            os._exit(3)
    return frame[["x"]]
"""
VALIDATION = """
from pathlib import Path

from pydantic import BaseModel, Field, field_validator


class PredictionData(BaseModel):
    x: float = Field(examples=[1])
    word: str = Field(default="", max_length=200)

    @field_validator("word")
    @classmethod
    def check(cls, value):
        if value.startswith("refuse"):
            raise ValueError(f"it is not in {Path(__file__).parent}/words.txt")
        if value.startswith("break"):
            raise KeyError(value)
        return value
"""


@dataclass
class Said:
    """Everything that was planted in, and said by, a service."""

    secrets: list[str]
    log: str = ""
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def bodies(self) -> Mapping[str, str]:
        return {name: f"{answer.headers}{answer.text}" for name, answer in self.answers.items()}


def write_secretive_project(folder: Path) -> tuple[Path, Path]:
    """Its folder and its model."""
    project = plant(write_project(folder / FOLDER / "project", VALIDATION, {"deeds.py": DEEDS}))
    frame = pd.DataFrame({"x": [0.0, 1, 2], "word": ""})
    act = FunctionTransformer(function_of(project, "deeds", "act"))
    return project, pickled(folder / "model.pkl", make_pipeline(act, LinearRegression()).fit(frame, frame["x"]))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """A service that was asked for everything there is to ask for, and made to fail in every way."""
    folder = tmp_path_factory.mktemp("secrets")
    project, model = write_secretive_project(folder)
    state = folder / "state"
    key = cli("keys", "create", "anna", "--project", str(project), "--state-dir", str(state)).stdout.strip()
    settings = {**ENVIRONMENT, "MAX_BODY": "2000", "LOG_LEVEL": "INFO"}
    with running_service(state, project=project, model=model, environment=settings) as service:
        told = Said(secrets=[key, *ENVIRONMENT.values(), DOTENV])
        with service.client(headers={"X-API-Key": key}) as api:
            _ask(service, api, told)
        told.secrets += _signing_keys(service)
        options = ("--project", str(project), "--state-dir", str(state))
        for command in (("status",), ("keys", "list"), ("dead-letters", "list")):
            environment = {**os.environ, **ENVIRONMENT}
            told.commands[" ".join(command)] = cli(*command, *options, "--json", env=environment).stdout
        told.log = service.log
    return told


def _signing_keys(service: Service) -> list[str]:
    with closing(connect_local(Settings.read({}, state_dir=service.state_dir))) as backend:
        (row,) = backend.predictions.get([SIGNING])
    assert row is not None
    return [key["secret"] for key in from_json(row.document or b"[]")]


def _ask(service: Service, api: httpx.Client, told: Said) -> None:
    def post(name: str, record: object, **headers: str) -> httpx.Response:
        answer = told.answers[name] = api.post("/api/predict", json=record, headers={**WAIT, **headers})
        return answer

    for name, word in {"succeeded": RECORD, "raised": f"raise {RECORD}", "crashed": f"exit {RECORD}"}.items():
        told.ids[name] = post(name, {"x": 1, "word": word}).json()["prediction_id"]
    rows = [{"x": 1, "word": word} for word in (RECORD, f"raise {RECORD}")]
    told.ids["rows"] = post("rows", rows).json()["prediction_id"]
    until = time.monotonic() + PATIENCE
    for name, prediction_id in told.ids.items():
        while told.answers[name].json()["status"] == "pending":
            assert time.monotonic() < until, service.log
            told.answers[name] = api.get(f"/api/predict/{prediction_id}", headers=WAIT)
    post("401", {"x": 1}, **{"X-API-Key": f"wrong-{RECORD}"})
    post("413", {"x": 1, "word": RECORD * 200})
    post("415", {"x": 1, "word": RECORD}, **{"Content-Type": f"text/{RECORD}"})
    post("422", {"x": RECORD})
    post("422 of a validator", {"x": 1, "word": f"refuse {RECORD}"})
    post("422 of a header", {"x": 1}, **{"Idempotency-Key": RECORD * 30})
    post("500", {"x": 1, "word": f"break {RECORD}"})
    with closing(sqlite3.connect(service.state_dir / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody else can write now
        post("503", {"x": 1, "word": RECORD})
        other.execute("ROLLBACK")
    told.answers["404"] = api.get(f"/api/predict/{'A' * 32}")
    told.answers["404 of a path"] = api.get(f"/{RECORD}/../etc/passwd")
    told.answers["405"] = api.put("/api/predict")
    erased = f"/api/predict/{told.ids['succeeded']}"
    told.answers["204"] = api.delete(erased)
    told.answers["410"] = api.get(erased)
    for path in ("/api/info", "/api/schema", "/api/health", "/openapi.json", "/docs", "/", "/config.json"):
        told.answers[path] = api.get(path)


def test_every_kind_of_answer_was_had(said: Said) -> None:
    for name, answer in said.answers.items():
        code = name.split()[0]
        assert answer.status_code == (int(code) if code.isdecimal() else 200), (name, answer.text)
    codes = {name: said.answers[name].json().get("error", {}).get("code") for name in said.ids}
    assert codes == {"succeeded": None, "raised": "row_rejected", "crashed": "model_crashed", "rows": None}


def test_nothing_that_was_planted_is_said_by_anybody(said: Said) -> None:
    form = {str(path): path.read_bytes() for path in DIST.rglob("*") if path.is_file()}
    assert form
    told = {**said.bodies, **said.commands, **form, "the log": said.log}
    assert found(said.secrets, told) == []
    assert found(["Traceback"], {**said.bodies, **said.commands}) == []


def test_what_a_record_says_comes_back_in_its_own_answer_and_stands_in_no_log(said: Said) -> None:
    assert f"ValueError: raise {RECORD} is not in [path]" in said.answers["raised"].text, "a marker that can be found"
    assert found([RECORD], {"the log": said.log, **said.commands}) == []
    others = {name: body for name, body in said.bodies.items() if name not in {"raised", "rows"}}
    assert [name for _, name in found([RECORD], others)] == ["415"], "the Content-Type that it can't read"


def test_no_client_is_told_a_path_of_the_service(said: Said) -> None:
    assert "[path]" in said.answers["422 of a validator"].json()["detail"][0]["msg"]
    assert found([FOLDER, "/site-packages/", ".py"], said.bodies) == []


def test_the_log_has_where_the_model_raised_under_each_prediction_id(said: Said) -> None:
    for name, row in {"raised": 0, "rows": 1}.items():
        (line,) = [line for line in said.log.splitlines() if said.ids[name] in line and " raised on " in line]
        assert f"prediction_id={said.ids[name]} the model raised on row {row}: ValueError at " in line
        assert f"{FOLDER}/project/deeds.py:" in line
    assert f"prediction_id={said.ids['crashed']} model_crashed" in said.log


def test_the_log_has_the_places_of_what_nobody_foresaw(said: Said) -> None:
    assert said.answers["500"].json() == {"detail": "Internal error."}
    trace = said.log[said.log.index("Traceback (most recent call last)") :]
    assert f"{FOLDER}/project/validation.py" in trace
    assert "KeyError: what it says may quote a record" in trace
