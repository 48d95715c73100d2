"""Every kind of field that a schema may have: as it is drawn, and as its record reaches the queue."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from app.main import create_app
from commands.webform.serving import mount_form
from serving.local.connect import connect_local
from serving.settings import Settings
from tests.making import write_project
from tests.running import free_port
from tests.webform.fixtures import BESIDE, ELSEWHERE, form_at
from tests.webform.steps import PHONE, ask, fill, go, judge, problems

VALIDATION = '''"""A journey, with every kind of field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Optional

from pydantic import BaseModel, Field


class Place(BaseModel):
    city: str = Field(title="City", max_length=20)
    people: Optional[int] = Field(None, title="People", ge=1)


class PredictionData(BaseModel):
    start: Place = Field(title="Start")
    day: date = Field(title="Day")
    moment: datetime = Field(title="Moment")
    fare: Decimal = Field(title="Fare", ge=0, json_schema_extra={"units": "€"})
    travel_class: Literal["first", "second"] = Field(alias="class / level", title="Class")
    seats: Optional[Literal[1, 2]] = Field(None, title="Seats")
    return_trip: bool = Field(title="And back")
    insured: Optional[bool] = Field(None, title="Insured")
    discount: Optional[float] = Field(title="Discount", description="Required, and may be null")
    stops: list[str] = Field([], title="Stops")
    meals: list[Literal["lunch", "supper", "tea"]] = Field([], title="Meals")
    weights: list[float] = Field([], title="Weights")
    pair: tuple[int, int] = Field((1, 2), title="Pair")
    note: str = Field("", title="Note", max_length=1000)
    either: int | str = Field(5, title="Either")
'''


@dataclass
class Queued:
    """A service without workers: what the form sent stays in its queue."""

    address: str
    settings: Settings

    def record(self) -> Any:
        backend = connect_local(self.settings)
        (received,) = backend.queue.receive(owner="test", lease=60, most=10, most_bytes=1 << 20)
        record = json.loads(backend.queue.open(received.body).payload)
        backend.queue.delete([received.id])
        backend.close()
        return record


@pytest.fixture(scope="module", params=[BESIDE, ELSEWHERE])
def queued(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queued]:
    tmp_path = tmp_path_factory.mktemp("kinds")
    folder = write_project(tmp_path / "journey", "")
    (folder / "validation.py").write_text(VALIDATION, encoding="utf-8")
    settings = Settings.read({}, project_dir=folder, state_dir=tmp_path / "state")
    app = create_app(settings)
    mount_form(app, settings)
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    api = f"http://127.0.0.1:{port}"
    with form_at(request.param, api, folder, tmp_path) as address:
        yield Queued(address, settings)
    server.should_exit = True
    thread.join()


def test_every_kind_is_drawn_and_arrives(page: Page, queued: Queued) -> None:
    go(page, queued.address, "predict")
    fill(page, {"City": "Lyon", "Day": "2026-05-01", "Moment": "2026-05-01T08:30", "Fare": "12.50"})
    page.get_by_label("Class").select_option("second")
    page.get_by_label("Insured").select_option("Yes")
    stops = page.get_by_label("Stops").last
    stops.fill("Dijon")
    stops.press("Enter")
    stops.fill("Sens, Melun")
    stops.press(",")
    stops.fill("Sergines")
    stops.press("Backspace")  # the last letter
    page.get_by_label("supper").check()
    page.get_by_label("lunch").check()
    page.get_by_role("button", name="Remove Dijon").click()
    weights = page.get_by_role("group", name="Weights")
    weights.get_by_role("button", name="Add").click()
    weights.get_by_role("textbox").fill("7.5")
    ask(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The model is at work")
    assert queued.record() == {
        "start": {"city": "Lyon", "people": None},
        "day": "2026-05-01",
        "moment": "2026-05-01T08:30:00",
        "fare": "12.5",
        "class / level": "second",
        "seats": None,
        "return_trip": False,
        "insured": True,
        "discount": None,
        "stops": ["Sens", "Melun", "Sergine"],  # the last one half typed
        "meals": ["lunch", "supper"],
        "weights": [7.5],
        "pair": [1, 2],
        "note": "",
        "either": 5,
    }


def test_what_is_wrong_inside_a_group_or_a_list_is_said_there(page: Page, queued: Queued) -> None:
    go(page, queued.address, "predict")
    fill(page, {"City": "a city whose name is too long", "Day": "2026-05-01", "Moment": "2026-05-01T08:30", "Fare": -1})
    page.get_by_label("Class").select_option("first")
    ask(page)
    expect(problems(page).get_by_role("listitem")).to_have_text(
        ["Start › City: Takes at most 20 characters; these are 29.", "Fare: Must be at least 0 €."]
    )
    problems(page).get_by_role("link", name="Start › City").click()
    expect(page.get_by_label("City")).to_be_focused()


def test_the_half_typed_word_of_a_list_counts_and_gives_way_to_the_example(page: Page, queued: Queued) -> None:
    go(page, queued.address, "predict")
    stops = page.get_by_label("Stops").last
    stops.type("Di")
    page.get_by_label("City").focus()
    expect(stops).to_have_value("Di")
    page.get_by_role("button", name="Clear").click()
    expect(stops).to_have_value("")
    stops.type("Melun,Sens,")
    for _ in range(2):
        stops.press("Backspace")
    expect(page.get_by_role("button", name="Remove Melun")).to_have_count(0)


def test_a_number_that_a_browser_can_not_keep_is_refused(page: Page, queued: Queued) -> None:
    go(page, queued.address, "predict")
    fill(page, {"City": "Lyon", "Day": "2026-05-01", "Moment": "2026-05-01T08:30", "Fare": "1e999"})
    fill(page, {"People": "9007199254740993"})
    page.get_by_label("Class").select_option("first")
    ask(page)
    expect(problems(page).get_by_role("listitem").filter(has_text="Start › People: Is a larger number")).to_be_visible()
    expect(problems(page).get_by_role("listitem").filter(has_text="Fare: Must be a number")).to_be_visible()


def test_every_kind_keeps_nobody_out_and_fits_a_phone(page: Page, queued: Queued, axe: str) -> None:
    page.set_viewport_size(PHONE)
    go(page, queued.address, "predict")
    page.get_by_label("Stops").last.type("Dijon,Sens,")
    page.get_by_role("group", name="Weights").get_by_role("button", name="Add").click()
    ask(page)
    expect(problems(page).get_by_role("listitem").last).to_have_text("Weights › 1: Must be a number, such as 1.5.")
    expect(problems(page).get_by_role("listitem").first).to_have_text("Start › City: Fill this in.")
    expect(page.get_by_role("group", name="Either").get_by_label("Either: which kind")).to_have_value("0")
    problems(page).get_by_role("link", name="Weights › 1").click()
    expect(page.get_by_role("group", name="Weights").get_by_role("textbox")).to_be_focused()
    judge(page, axe)


def test_optional_fields_say_so_and_required_ones_do_not(page: Page, queued: Queued) -> None:
    go(page, queued.address, "predict")
    optional = page.locator("label", has=page.locator(".optional"))
    names = [text.removesuffix(" optional") for text in optional.all_inner_texts()]
    assert names == ["People", "Seats", "Insured", "Discount"]
