"""A fork of the template is pushed: deploy.yml's own commands, from a fresh clone to a form that predicts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from serving.aws.models import S3Bucket
from serving.models import ModelRegistry
from tests.aws.gateway import let_pages_call
from tests.making import function_of, pickled
from tests.manifests import manifest_of
from tests.running import ROOT
from tests.webform.fixtures import OPTIONS
from tests.webform.steps import answered, ask, fill, go
from tests.workflows.conftest import BUCKET
from tests.workflows.github import Repository, pages_host, steps_of
from tests.workflows.runner import Ran

FLOWER = {"Sepal length": 6.3, "Sepal width": 2.9, "Petal length": 5.6, "Petal width": 1.8}
RECORD = {"sepal length (cm)": 6.3, "sepal width (cm)": 2.9, "petal length (cm)": 5.6, "petal width (cm)": 1.8}
ONLY_HERE = """
import os


def act(frame):
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        raise RuntimeError("this model runs on a laptop alone")
    return frame
"""


@pytest.fixture(scope="module")
def endpoint(fork: Repository, deployed: Ran) -> str:
    return let_pages_call(fork.emulator, "iris-dev")


@pytest.fixture
def api(fork: Repository, endpoint: str) -> Iterator[httpx.Client]:
    with fork.emulator.http(httpx.URL(endpoint).netloc.decode()) as client:
        yield client


def predicted(api: httpx.Client) -> tuple[str, str]:
    """The flower's species, and the model that names it."""
    body = api.post("/api/predict", json=RECORD, headers={"Prefer": "wait=5"}).raise_for_status()
    found = body.json()
    while found["status"] == "pending":
        found = api.get(body.headers["Location"], headers={"Prefer": "wait=5"}).raise_for_status().json()
    return found["result"]["prediction"], found["model"]["tag"]


def test_every_command_of_the_workflow_is_run_and_none_is_left_out(fork: Repository, deployed: Ran) -> None:
    document = yaml.safe_load((fork.origin / ".github/workflows/deploy.yml").read_text())
    action = yaml.safe_load((fork.origin / "action.yml").read_text())
    written = [*steps_of(document["jobs"]["deploy"]), *steps_of(action), *steps_of(document["jobs"]["pages"])]
    assert [command.run for command in deployed.commands()] == written
    assert deployed.skipped == ["check"], "that of pull requests"
    assert all(job.skipped == [] for job in deployed.jobs.values())


def test_the_endpoint_predicts_with_the_uploaded_model(deployed: Ran, api: httpx.Client) -> None:
    assert predicted(api) == ("virginica", "v1")


def test_the_runs_page_says_what_is_served(fork: Repository, deployed: Ran, endpoint: str) -> None:
    assert f"| Endpoint | {endpoint} |" in fork.summary
    assert "| Form | https://iris-lab.github.io/iris/ |" in fork.summary
    assert "| Model | `v1`, sha256 `" in fork.summary
    assert "with the start of the worker's" in fork.summary
    assert f"curl -s {endpoint}/api/predict" in fork.summary
    assert "| worker | " in fork.summary


@pytest.fixture
def visitor(fork: Repository, endpoint: str, tmp_path: Path) -> Iterator[Page]:
    """A browser for which owner.github.io is this machine."""
    host = httpx.URL(fork.pages).host
    with pages_host(fork.published, tmp_path) as port, sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {host}:443 127.0.0.1:{port}"
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=[*OPTIONS, rules])
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        told: list[str] = []  # what went wrong
        page.on("console", lambda message: told.append(message.text))
        yield page
        browser.close()
        assert not told, told


def test_the_form_on_github_pages_predicts(fork: Repository, visitor: Page) -> None:
    go(visitor, fork.pages, "predict")
    fill(visitor, FLOWER)
    ask(visitor)
    expect(visitor.locator(".value").first).to_be_visible()
    assert answered(visitor) == "virginica"
    assert visitor.url.startswith("https://iris-lab.github.io/iris/#/result/")


def test_a_pull_request_is_checked_without_credentials(fork: Repository, deployed: Ran) -> None:
    kept, fork.variables = fork.variables, {}
    try:
        ran = fork.run("deploy.yml", event="pull_request", branch="1/merge")
    finally:
        fork.variables = kept
    assert ran.ok, ran.told()
    assert ran.skipped == ["deploy", "pages"]
    assert "example.json fits the schema" in ran.told()
    assert "| api | " in fork.summary
    assert "Endpoint" not in fork.summary


def test_without_settings_for_aws_a_push_ends_green_and_says_what_to_set(fork: Repository, deployed: Ran) -> None:
    kept, fork.variables = fork.variables, {}
    try:
        ran = fork.run("deploy.yml")
    finally:
        fork.variables = kept
    assert ran.ok, ran.told()
    assert ran.skipped == ["check", "pages"]
    assert list(ran.commands())[-1].step == "What is set"
    assert "::notice title=Nothing is deployed::Set the repository's variable AWS_ROLE_ARN" in ran.told()


def store(fork: Repository, tag: str, path: Path) -> None:
    """A model that no gate has seen, such as an older one."""
    bucket = S3Bucket(BUCKET, s3=fork.emulator.client("s3"))
    registry = ModelRegistry(bucket=bucket, service="iris", stage="dev")
    registry.upload(path, manifest_of(path.read_bytes(), project=ROOT, tag=tag))


def stopped(fork: Repository, tag: str, step: str) -> Ran:
    """Pushed with this model, the workflow ends red at the step, and nothing after it is run."""
    ran = fork.run("deploy.yml", tag=tag)
    last = list(ran.commands())[-1]
    assert (last.step, last.code) == (step, 1), ran.told()
    assert not ran.ok
    assert "pages" in ran.skipped
    assert "::error::" in last.output
    return ran


def test_a_broken_model_stops_it_and_the_one_before_still_answers(
    fork: Repository, deployed: Ran, api: httpx.Client, tmp_path: Path
) -> None:
    frame = load_iris(as_frame=True).data.rename(columns={"petal width (cm)": "width"})
    store(
        fork,
        "renamed",
        pickled(tmp_path / "model.pkl", make_pipeline(LogisticRegression()).fit(frame, frame["width"] > 1)),
    )
    ran = stopped(fork, "renamed", "Check the model")
    assert "The model was fitted with the column width, which PredictionData lacks" in ran.told()
    assert predicted(api) == ("virginica", "v1")


def test_a_model_that_does_not_answer_there_stops_it_and_the_one_before_is_back(
    fork: Repository, deployed: Ran, api: httpx.Client, tmp_path: Path
) -> None:
    fork.commit({"only_here.py": ONLY_HERE})
    (tmp_path / "only_here.py").write_text(ONLY_HERE)
    data = load_iris(as_frame=True)
    names = data.target.map(dict(enumerate(data.target_names)))
    steps = FunctionTransformer(function_of(tmp_path, "only_here", "act")), LogisticRegression(max_iter=1000)
    store(fork, "here", pickled(tmp_path / "model.pkl", make_pipeline(*steps).fit(pd.DataFrame(data.data), names)))
    ran = stopped(fork, "here", "Deploy, and ask for a prediction")
    assert "this model runs on a laptop alone" in ran.told()
    assert "Went back to the model v1" in ran.told()
    assert predicted(api) == ("virginica", "v1")
