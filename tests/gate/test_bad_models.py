"""Every way in which a model file can be wrong: one clear sentence, exit code 1, nothing stored, nothing executed."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from commands.gate.gate import Gate
from tests.gate.conftest import FRAME, PRICEY, fitted, only_failure
from tests.making import pickled, write_project
from tests.running import cli, free_port

Run = Callable[..., Gate]
NUMBERS = FRAME[["rooms", "area"]]
TWO = "rooms: int = Field(ge=1, le=9)\narea: float = Field(ge=10, le=500)"
TEXTS = ["cheap flat", "large house", "small flat", "villa"] * 3


class Planted:
    """Unpickling it runs a command."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def scaled() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, PRICEY)


def vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer().fit(TEXTS)


def classifier() -> LogisticRegression:
    return LogisticRegression().fit(vectorizer().transform(TEXTS), [1, 0, 1, 0] * 3)


def search() -> GridSearchCV:
    return GridSearchCV(scaled(), {"logisticregression__C": [0.1, 1]}, cv=3).fit(NUMBERS, PRICEY)


def without_predict() -> Pipeline:
    return make_pipeline(StandardScaler()).fit(NUMBERS)


REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a bare estimator": (lambda: LogisticRegression().fit(NUMBERS, PRICEY), TWO, "LogisticRegression, not a Pipeline"),
    "a search": (search, TWO, "GridSearchCV"),
    "a pipeline that can't predict": (without_predict, TWO, "StandardScaler"),
    "a vectorizer beside its classifier": (lambda: (vectorizer(), classifier()), "text: str", "TfidfVectorizer"),
    "a bare vectorizer": (vectorizer, "text: str", "TfidfVectorizer"),
    "no model at all": (lambda: {"a": 1}, TWO, "not a Pipeline"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_pipeline_is_refused_and_what_could_become_one_comes_with_the_lines(gate: Run, name: str) -> None:
    make, schema, said = REFUSED[name]
    failure = only_failure(gate(make(), schema))
    assert failure.check == "pipeline"
    assert not failure.forceable
    assert said in failure.message
    assert bool(failure.lines) is (name != "no model at all")


@pytest.mark.parametrize("name", ["a bare estimator", "a search", "a vectorizer beside its classifier"])
def test_the_lines_as_printed_make_a_model_that_passes(gate: Run, tmp_path: Path, name: str) -> None:
    make, schema, _ = REFUSED[name]
    failure = only_failure(gate(make(), schema))
    before = set(tmp_path.iterdir())
    exec(compile(failure.lines, "printed", "exec"), {})  # what the user is told to run
    (written,) = set(tmp_path.iterdir()) - before
    assert not gate(written, schema).findings.failures


def test_a_truncated_pickle_is_told(gate: Run, tmp_path: Path) -> None:
    path = pickled(tmp_path / "model.pkl", fitted())
    path.write_bytes(path.read_bytes()[:-100])
    failure = only_failure(gate(path))
    assert failure.check == "file"
    assert not failure.forceable


def test_a_pickle_that_runs_a_command_is_never_loaded_by_any_command(tmp_path: Path) -> None:
    left = tmp_path / "left"
    pipeline = scaled()
    pipeline.extra = Planted(os.system, f"touch {left}")
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(pipeline))
    project = write_project(tmp_path / "project", TWO)
    bucket = tmp_path / "models"
    cli("create-bucket", str(bucket))
    where = ["--project", str(project)]
    for command in (
        ["inspect", str(path)],
        ["check", *where, "--model", str(path)],
        ["check", *where, "--model", str(path), "--json"],
        ["upload", str(bucket), str(path), "--tag", "v1", *where],
        ["upload", str(bucket), str(path), "--tag", "v1", "--force", "I know better", *where],
        ["serve", *where, "--model", str(path), "--state-dir", str(tmp_path / "state"), "--port", str(free_port())],
        ["init", "--model", str(path), "--project", str(tmp_path / "made")],
        ["package", *where, "--model", str(path)],
    ):
        ended = cli(*command, check=False)
        assert ended.returncode == 1, (command, ended.stdout, ended.stderr)
        assert "system" in ended.stdout + ended.stderr, command
        assert "Traceback" not in ended.stderr
    assert not left.exists()
    assert list(bucket.rglob("*.pkl")) == []


def test_a_failure_that_the_service_could_live_with_is_stored_only_with_a_reason(tmp_path: Path) -> None:
    model = pickled(tmp_path / "model.pkl", scaled())
    bucket = tmp_path / "models"
    cli("create-bucket", str(bucket))
    swapped = write_project(tmp_path / "swapped", "\n".join(reversed(TWO.splitlines())))
    upload = ["upload", str(bucket), str(model), "--project", str(swapped)]
    refused = cli(*upload, "--tag", "v1", check=False)
    assert refused.returncode == 1
    assert "another order" in refused.stderr
    assert "--force REASON" in refused.stderr
    assert list(bucket.rglob("*.pkl")) == []
    assert "--force needs a reason" in cli(*upload, "--tag", "v1", "--force", " ", check=False).stderr
    cli(*upload, "--tag", "v1", "--force", "the old clients send it like this")
    listed = cli("list-objects", str(bucket), "--json").stdout
    assert '"forced": "the old clients send it like this"' in listed


@pytest.mark.parametrize(
    ("tag", "said"), [("a/b", "'a/b' can't be a tag"), ("", "'' can't be a tag"), ("v1", "exists with other bytes")]
)
def test_a_tag_that_can_not_be_is_refused(tmp_path: Path, tag: str, said: str) -> None:
    project = write_project(tmp_path / "project", TWO)
    bucket = tmp_path / "models"
    cli("create-bucket", str(bucket))
    upload = ["upload", str(bucket)]
    where = ["--project", str(project)]
    if tag == "v1":
        cli(*upload, str(pickled(tmp_path / "first.pkl", scaled())), "--tag", tag, *where)
    other = make_pipeline(StandardScaler(), LogisticRegression(C=5)).fit(NUMBERS, PRICEY)
    before = sorted(bucket.rglob("*"))
    ended = cli(*upload, str(pickled(tmp_path / "model.pkl", other)), "--tag", tag, *where, check=False)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert sorted(bucket.rglob("*")) == before
