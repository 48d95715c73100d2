"""A tiny repository that has nothing but a schema, a form, an example and a workflow that uses the action."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from tests.aws.emulator import REGION, Emulator
from tests.aws.gateway import let_pages_call
from tests.making import pickled
from tests.workflows.conftest import first_time
from tests.workflows.github import Repository, git
from tests.workflows.runner import Ran

VALIDATION = '''"""What a home is told by."""

from pydantic import BaseModel, Field


class PredictionData(BaseModel):
    area: float = Field(gt=0, le=1000)
    rooms: int = Field(ge=1, le=30)
'''
WORKFLOW = """
on:
  push: {branches: [main]}

permissions: {}

jobs:
  deploy:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      id-token: write
    outputs:
      form: ${{ steps.service.outputs.form }}
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - id: service
        uses: Somebody/sklearn-prediction-api@v1
        with:
          tag: v1
          requirements: needs/model.txt
          batch-window: 2
          stage: prod
          memory: 2100
          timeout: 70
          aws-role: ${{ vars.AWS_ROLE_ARN }}
          permissions-boundary: ${{ vars.PERMISSIONS_BOUNDARY }}
          region: ${{ vars.AWS_REGION }}
  pages:
    needs: deploy
    if: needs.deploy.outputs.form != ''
    runs-on: ubuntu-latest
    environment: {name: github-pages}
    permissions:
      pages: write
      id-token: write
    steps:
      - uses: actions/deploy-pages@d6db90164ac5ed86f2b6aed7e0febac5b3c0c03e # v4.0.5
"""


@pytest.fixture(scope="module")
def tiny(account: Emulator, fork: Repository, deployed: Ran, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("tiny")
    made = Repository("lab/homes", account, folder, action=fork.workspace)
    made.origin.mkdir()
    git(made.origin, "init", "--quiet", "--initial-branch", "main")
    made.commit(
        {
            "validation.py": VALIDATION,
            "form.yml": "title: Homes\nunits: €\n",
            "example.json": json.dumps({"area": 70, "rooms": 3}),
            "service.toml": f'name = "homes"\nregion = "{REGION}"\nstage = "prod"\nbucket = "models-of-homes"\n',
            "needs/model.txt": "toolz==1.0.0\n",
            ".github/workflows/deploy.yml": WORKFLOW,
        }
    )
    frame = pd.DataFrame({"area": [30.0, 60, 90, 120], "rooms": [1, 2, 3, 6]})
    model = pickled(folder / "model.pkl", make_pipeline(LinearRegression()).fit(frame, frame["area"] * 1000))
    first_time(made, made.origin, model, bucket="models-of-homes")
    return made


@pytest.fixture(scope="module")
def pushed(tiny: Repository) -> Ran:
    ran = tiny.run("deploy.yml")
    assert ran.ok, ran.told()
    return ran


@pytest.fixture
def api(tiny: Repository, pushed: Ran) -> Iterator[httpx.Client]:
    endpoint = let_pages_call(tiny.emulator, "homes-prod")
    with tiny.emulator.http(httpx.URL(endpoint).netloc.decode()) as client:
        yield client


def test_it_is_deployed_to_its_stage_and_predicts(tiny: Repository, pushed: Ran, api: httpx.Client) -> None:
    body = api.post("/api/predict", json={"area": 80, "rooms": 2}, headers={"Prefer": "wait=5"}).raise_for_status()
    found = body.json()
    while found["status"] == "pending":
        found = api.get(body.headers["Location"], headers={"Prefer": "wait=5"}).raise_for_status().json()
    assert found["result"]["prediction"] == pytest.approx(80_000)
    assert all(job.skipped == [] for job in pushed.jobs.values())
    assert "| Stack | `homes-prod` |" in tiny.summary


def test_what_the_workflow_gives_is_what_is_deployed(tiny: Repository, pushed: Ran) -> None:
    functions = tiny.emulator.client("lambda")
    worker = functions.get_function_configuration(FunctionName="homes-prod-worker")
    assert (worker["MemorySize"], worker["Timeout"]) == (2100, 70)
    assert "REQUIREMENTS" not in worker["Environment"]["Variables"]
    (trigger,) = functions.list_event_source_mappings(FunctionName="homes-prod-worker")["EventSourceMappings"]
    assert trigger["MaximumBatchingWindowInSeconds"] == 2
    assert tiny.action is not None
    with zipfile.ZipFile(tiny.action / "build/worker.zip") as archive:
        assert any(name.startswith("toolz/") for name in archive.namelist())


def test_its_form_is_on_its_pages(tiny: Repository, pushed: Ran, tmp_path: Path) -> None:
    config = json.loads((tiny.published / "homes" / "config.json").read_text(encoding="utf-8"))
    assert config["service"]["title"] == "Homes"
    assert config["api"].startswith("https://")
    assert tiny.pages == "https://lab.github.io/homes/"
    assert "| Form | https://lab.github.io/homes/ |" in tiny.summary
