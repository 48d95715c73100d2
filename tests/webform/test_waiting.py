"""A prediction that takes its time, fails, or is called off; an API that stops meanwhile; a key that is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas as pd
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.making import function_of, pickled, write_project
from tests.running import Service, cli, running_service, start_service
from tests.webform.fixtures import BESIDE, ELSEWHERE, form_at, watched
from tests.webform.steps import Held, answered, ask, fill, go, judge, problems

SCHEMA = """
    x: float = Field(title="Size", description="Under 0 is `refused`", json_schema_extra={"units": "m"}, examples=[1.5])
    code: str = Field("abc", title="Code", pattern="^[a-z]+$")
"""
GATE = """
import time
from pathlib import Path

OPEN = Path(__file__).with_name("open")


def act(frame):
    if (frame["x"] < 0).any():
        raise ValueError("no size is under 0")
    until = time.monotonic() + 50
    while (frame["x"] > 100).any() and not OPEN.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return frame[["x"]]
"""


@dataclass
class Gated:
    """A service whose model answers large sizes when its gate is open."""

    project: Path
    service: Service
    address: str

    @contextmanager
    def open(self) -> Iterator[None]:
        path = self.project / "open"
        path.touch()
        try:
            yield
        finally:
            path.unlink()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("gated") / "sizes", SCHEMA, {"gate.py": GATE})
    (folder / "form.yml").write_text("title: Sizes\nunits: m²\norder: [code]\n", encoding="utf-8")
    act = function_of(folder, "gate", "act")
    frame = pd.DataFrame({"x": [1.0, 2, 3], "code": ["a", "b", "c"]})
    pickled(
        folder / "model.pkl", make_pipeline(FunctionTransformer(act), LinearRegression()).fit(frame, frame["x"] * 2)
    )
    return folder


@pytest.fixture(scope="module", params=[BESIDE, ELSEWHERE])
def gated(request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    folder = tmp_path_factory.mktemp("waiting")
    environment = {"PREDICT_TIMEOUT": "60", "WORKER_TIMEOUT": "180"}
    options = {"project": project, "model": project / "model.pkl", "environment": environment}
    with (
        running_service(folder / "state", **options) as service,
        form_at(request.param, service.url, project, folder) as address,
    ):
        yield Gated(project, service, address)


def test_a_number_has_its_units_and_fields_their_order(page: Page, gated: Gated) -> None:
    go(page, gated.address, "predict")
    assert page.locator(".field label").all_inner_texts() == ["Code", "Size"]
    expect(page.locator(".description code")).to_have_text("refused")
    fill(page, {"Size": 2.5})
    ask(page)
    assert answered(page) == "5 m²"


def test_a_row_that_the_model_refuses_is_a_failure_with_its_reason(page: Page, gated: Gated, axe: str) -> None:
    go(page, gated.address, "predict")
    fill(page, {"Size": -1})
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The model could not answer")
    judge(page, axe)
    expect(page.get_by_role("alert")).to_contain_text("no size is under 0")


def test_what_the_service_alone_can_judge_is_said_at_the_field(page: Page, gated: Gated) -> None:
    go(page, gated.address, "predict")
    fill(page, {"Size": 1, "Code": "A1"})
    ask(page)
    expect(page.locator(".field", has=page.get_by_label("Code")).locator(".errors")).to_contain_text("pattern")
    expect(problems(page)).to_be_focused()
    fill(page, {"Code": "abc"})
    ask(page)
    assert answered(page) == "2 m²"


def test_the_wait_is_shown_and_comes_to_an_end(page: Page, gated: Gated, axe: str) -> None:
    go(page, gated.address, "predict")
    fill(page, {"Size": 200})
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The model is at work")
    judge(page, axe)
    elapsed = page.locator(".elapsed")
    expect(elapsed).not_to_have_text("0 s")
    expect(elapsed).not_to_have_text(elapsed.inner_text())
    page.reload()  # the address is all that is needed
    expect(page.get_by_role("heading", level=1)).to_have_text("The model is at work")
    with gated.open():
        assert answered(page) == "400 m²"


def test_what_is_pending_can_be_called_off(page: Page, gated: Gated) -> None:
    go(page, gated.address, "predict")
    fill(page, {"Size": 300})
    ask(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled")
    with gated.open():
        go(page, gated.address, "predict")  # the worker has its hands free again
        fill(page, {"Size": 400})
        ask(page)
        assert answered(page) == "800 m²"


def test_a_cancel_that_comes_too_late_erases(page: Page, gated: Gated) -> None:
    held = Held(page, "**/api/predict/*", "GET")
    go(page, gated.address, "predict")
    fill(page, {"Size": 3})
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The model is at work")
    path = f"{gated.service.url}/api/predict/{page.url.rpartition('/')[2]}"
    assert httpx.get(path, headers={"Prefer": "wait=20"}, timeout=60).json()["status"] == "succeeded"
    with page.expect_response(lambda response: response.request.method == "DELETE" and response.status == 204):
        page.get_by_role("button", name="Cancel").click()
    held.let_through()
    expect(page.get_by_role("heading", level=1)).to_have_text("Erased")
    go(page, gated.address)
    expect(page.locator(".history li")).to_have_count(0)


@pytest.fixture
def page_without_api(browser: Browser) -> Iterator[Page]:
    """What an API answers while it ends has no header that lets another host's page read it."""
    with watched(browser, allowed="Failed to load resource|blocked by CORS policy") as context:
        yield context.new_page()


def test_an_api_that_stops_is_waited_for_and_nothing_is_lost(page_without_api: Page, gated: Gated) -> None:
    page, service = page_without_api, gated.service
    go(page, gated.address, "predict")
    fill(page, {"Size": 500})
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The model is at work")
    for process in psutil.Process(service.process.pid).children(recursive=True):
        process.kill()
    service.process.kill()
    service.process.wait()
    expect(page.get_by_role("status").filter(has_text="Nothing is lost")).to_be_visible()
    gated.service = start_service(
        service.state_dir, project=gated.project, model=gated.project / "model.pkl", port=service.port
    )
    try:
        with gated.open():
            assert answered(page) == "1,000 m²"
    finally:
        gated.service.stop()


@pytest.fixture(scope="module")
def keyed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service that has an API key, and the key."""
    state = tmp_path_factory.mktemp("keyed") / "state"
    key = cli("keys", "create", "reader", "--project", str(project), "--state-dir", str(state)).stdout.split()[-1]
    with running_service(state, project=project, model=project / "model.pkl") as service:
        yield service, key


@pytest.mark.parametrize("place", [BESIDE, ELSEWHERE])
def test_a_key_is_asked_for_typed_and_kept_in_the_tab(
    page: Page, keyed: tuple[Service, str], project: Path, tmp_path: Path, place: str, axe: str
) -> None:
    service, key = keyed
    with form_at(place, service.url, project, tmp_path) as address:
        go(page, address, "predict")
        fill(page, {"Size": 1})
        page.get_by_label("API key").fill("not-the-key")
        ask(page)
        expect(page.get_by_role("alert")).to_contain_text("does not know the API key")
        judge(page, axe)
        page.get_by_label("API key").fill(key)
        ask(page)
        assert answered(page) == "2 m²"
        assert key not in page.evaluate("JSON.stringify(localStorage)")
        page.reload()
        go(page, address, "predict")
        expect(page.get_by_label("API key")).to_have_value(key)
