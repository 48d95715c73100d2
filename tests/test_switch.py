"""Another model is promoted while a service predicts, taken back, and can't be loaded; or needs other libraries."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic_core import from_json
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from serving.local.connect import connect_local
from serving.settings import Settings
from tests.making import pickled, upload, write_project
from tests.manifests import libraries
from tests.running import PATIENCE, Service, cli, running_service

REFRESH = 1.0
MARGIN = 3.0
"""Seconds: the batch in hand, the model's loading, and a machine that is busy with other tests."""
PREDICTIONS = 5_000
RATE = 400
"""A second: the switches come while others wait in the queue."""
CLIENTS = 8


class Place:
    """A project, its state folder, and models that answer with their own tag."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = write_project(folder / "project", "x: float = Field(examples=[1])")
        self.settings = Settings.read({}, project_dir=self.project, state_dir=folder / "state")

    def put(self, tag: str, **changes: Any) -> str:
        """Make a model current; returns its sha256."""
        frame = pd.DataFrame({"x": [0.0, 1]})
        pipeline = make_pipeline(DummyClassifier(strategy="constant", constant=tag)).fit(frame, [tag, tag])
        return upload(self.settings, pickled(self.folder / f"{tag}.pkl", pipeline), tag, **changes).sha256

    def spoil(self, tag: str) -> None:
        """Make a file current that is no model."""
        path = self.folder / f"{tag}.pkl"
        path.write_bytes(b"no pickle")
        upload(self.settings, path, tag)

    def serve(self, workers: int = 1) -> Any:
        return running_service(
            self.settings.state_dir,
            project=self.project,
            environment={"MODEL_REFRESH": str(REFRESH)},
            arguments=("--workers", str(workers)),
        )

    def cli(self, *arguments: str, check: bool = True) -> str:
        """What a command on this service says."""
        where = ("--project", str(self.project), "--state-dir", str(self.settings.state_dir))
        finished = cli(*arguments, *where, check=False)
        assert (finished.returncode == 0) is check, finished.stderr
        return " ".join((finished.stdout if check else finished.stderr).split()).removeprefix("error: ")

    def moved_at(self) -> datetime:
        """When the pointer was moved last."""
        backend = connect_local(self.settings)
        pointer = backend.registry.pointer()
        backend.close()
        assert pointer is not None
        assert pointer.moved_at is not None
        return datetime.fromisoformat(pointer.moved_at)

    def answers(self, ids: list[str]) -> list[dict[str, Any]]:
        """As GET would give them, once all are there."""
        backend = connect_local(self.settings)
        until = time.monotonic() + PATIENCE
        while None in (rows := backend.predictions.get(ids)):
            assert time.monotonic() < until, f"{rows.count(None)} predictions are pending"
            time.sleep(0.1)
        backend.close()
        return [from_json(row.document) for row in rows if row is not None and row.document is not None]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def ask(service: Service) -> dict[str, Any]:
    """One finished prediction."""
    with service.client() as client:
        answer: dict[str, Any] = client.post("/api/predict", json={"x": 1}, headers={"Prefer": "wait=20"}).json()
    assert answer["status"] == "succeeded", answer
    return answer


def model_of(service: Service, **expected: object) -> dict[str, Any]:
    """/api/info's model, once it is as expected: it may be older than MODEL_REFRESH by what the machine has to do."""
    until = time.monotonic() + PATIENCE
    with service.client() as client:
        while True:
            model: dict[str, Any] = client.get("/api/info").json()["model"]
            if all(model.get(name) == value for name, value in expected.items()):
                return model
            assert time.monotonic() < until, model
            time.sleep(0.1)


def posted(service: Service, start: float, numbers: range) -> Iterator[str]:
    """The ids of predictions that are asked for, each at its time."""
    with service.client() as client:
        for number in numbers:
            time.sleep(max(0.0, start + number / RATE - time.monotonic()))
            yield client.post("/api/predict", json={"x": number}).raise_for_status().json()["prediction_id"]


def test_models_are_switched_and_taken_back_under_load(place: Place) -> None:
    hashes = {"B": place.put("B"), "A": place.put("A")}
    with place.serve(workers=2) as service, ThreadPoolExecutor(CLIENTS) as pool:
        ask(service)
        start, seconds = time.monotonic(), PREDICTIONS / RATE
        clients = [
            pool.submit(lambda first: list(posted(service, start, range(first, PREDICTIONS, CLIENTS))), first)
            for first in range(CLIENTS)
        ]
        moved: list[datetime] = []
        for share, command in ((0.25, ("promote", "B")), (0.6, ("rollback",))):
            time.sleep(max(0.0, start + share * seconds - time.monotonic()))
            assert place.cli(*command).endswith("Workers follow within 10 s.")
            moved.append(place.moved_at())
        answers = place.answers([id_ for client in clients for id_ in client.result()])
        model_of(service, tag="A")
    assert len(answers) == PREDICTIONS
    assert {answer["status"] for answer in answers} == {"succeeded"}
    for answer in answers:
        tag = answer["model"]["tag"]
        assert answer["result"]["prediction"] == tag, "the result names the model that truly made it"
        assert answer["model"]["sha256"] == hashes[tag]
    finished = {
        tag: [datetime.fromisoformat(a["finished_at"]) for a in answers if a["model"]["tag"] == tag] for tag in "AB"
    }
    last_a, last_b = max(moment for moment in finished["A"] if moment < moved[1]), max(finished["B"])
    late = [(last_a - moved[0]).total_seconds(), (last_b - moved[1]).total_seconds()]
    print(f"the last one of the old model: {late[0]:.2f} s after promote, {late[1]:.2f} s after rollback")
    assert max(late) < REFRESH + MARGIN
    assert min(map(len, finished.values())) > 500, "both have been at work"


def test_a_current_model_that_can_not_be_loaded_is_told_everywhere_warm_and_cold(place: Place) -> None:
    place.put("v1")
    with place.serve() as service:
        assert ask(service)["model"]["tag"] == "v1"
        assert model_of(service, tag="v1").keys() == {"tag", "sha256", "created_at", "versions", "metrics"}
        place.spoil("v2")
        time.sleep(REFRESH)
        assert ask(service)["model"]["tag"] == "v1", "warm"
        problem = model_of(service, tag="v1", wanted="v2")["problem"]
        assert problem == "v2 can't be loaded: `cli status` says why."
        told = json.loads(place.cli("status", "--json"))
        assert (told["model"], told["served_model"]) == ("v2", "v1")
        assert "model v2 can't be loaded: The file is no pickle, or is damaged" in told["model_problem"]
    with place.serve() as service:
        assert ask(service)["model"]["tag"] == "v1", "cold"
        assert model_of(service, tag="v1", wanted="v2")["problem"] == problem
        assert "model problem model v2 can't be loaded" in place.cli("status")
        place.cli("rollback")
        time.sleep(REFRESH)
        assert ask(service)["model"]["tag"] == "v1"
        assert "problem" not in model_of(service, tag="v1", wanted=None)
        assert json.loads(place.cli("status", "--json"))["model_problem"] is None


def test_going_back_across_an_upgrade_of_scikit_learn_needs_a_restart(place: Place) -> None:
    place.put("v1", libraries=libraries(scikit_learn="1.5.2"))
    place.put("v2")
    here = libraries()["scikit-learn"].version
    with place.serve() as service:
        ask(service)
        for command, typed in ((("rollback",), "cli rollback"), (("promote", "v1"), "cli promote v1")):
            assert place.cli(*command, check=False) == (
                f"v1 needs scikit-learn 1.5.2, and what is served has {here}: "
                f"end `cli serve`, run `{typed}`, and start it again, for it brings what is needed."
            )
        assert ask(service)["model"]["tag"] == "v2"
    assert place.cli("rollback") == "v1 is current now (before: v2). The next `cli serve` serves it."


def test_a_changed_schema_needs_a_restart_too(place: Place) -> None:
    place.put("v1")
    with place.serve() as service:
        ask(service)
        write_project(place.project, "x: float = Field(examples=[1])\nnote: str = ''")
        place.put("v2")
        time.sleep(REFRESH)
        place.cli("rollback")
        assert place.cli("promote", "v2", check=False).startswith(
            "v2 was made for another validation.py than what is served: end `cli serve`, put that one back"
        )


def test_workers_follow_while_nothing_is_asked(place: Place) -> None:
    place.put("A")
    place.put("B")
    place.cli("promote", "A")
    with place.serve() as service, service.client() as api:
        assert "Workers follow within" in place.cli("promote", "B")
        until = time.monotonic() + PATIENCE
        while api.get("/api/info").json()["model"]["tag"] != "B":
            assert time.monotonic() < until, service.log
            time.sleep(0.05)
        assert "running yes" in place.cli("status")
    assert "running no: `cli serve` starts it" in place.cli("status")
