"""One record through the form of the iris service: beside its API, and as on GitHub Pages."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.running import ROOT
from tests.webform.fixtures import ELSEWHERE, form_at, watched
from tests.webform.steps import answered, ask, fill, go, problems, refused, sent

FLOWER = {"Sepal length": 6.3, "Sepal width": 2.9, "Petal length": 5.6, "Petal width": 1.8}


def test_a_value_is_refused_corrected_sent_and_answered(page: Page, address: str) -> None:
    go(page, address)
    expect(page.get_by_text("Fisher measured 150 flowers")).to_be_visible()
    page.get_by_role("link", name="Ask the model").click()
    fill(page, {**FLOWER, "Petal width": "5,1"})
    ask(page)
    refused(page, "Must be a number, such as 1.5.")
    fill(page, {"Petal width": 5.1})
    ask(page)
    expect(page.locator(".field .errors")).to_have_text("Must be at most 4 cm.")
    expect(problems(page)).to_be_focused()  # each time
    problems(page).get_by_role("link", name="Petal width").click()
    expect(page.get_by_label("Petal width")).to_be_focused()
    fill(page, {"Petal width": 1.8})
    ask(page)
    assert answered(page) == "virginica"
    expect(page.get_by_role("list", name="How likely each is").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_text("species", exact=True)).to_be_visible()
    expect(page.locator(".facts").get_by_text("v1", exact=True)).to_be_visible()
    assert re.search(r"#/result/[\w-]{32}$", page.url)


def test_the_example_is_one_click_away_and_values_are_there_to_be_changed(page: Page, address: str) -> None:
    go(page, address, "predict")
    page.get_by_role("button", name="Fill in the example").click()
    ask(page)
    assert answered(page) == "setosa"
    page.get_by_role("link", name="Change the values").click()
    expect(page.get_by_label("Sepal length")).to_have_value("5.1")
    fill(page, FLOWER)
    ask(page)
    assert answered(page) == "virginica"


def test_a_link_that_is_opened_elsewhere_shows_the_prediction(page: Page, browser: Browser, address: str) -> None:
    go(page, address, "predict")
    fill(page, FLOWER)
    ask(page)
    answered(page)
    with watched(browser) as somebody_else:
        other = somebody_else.new_page()
        other.goto(page.url)
        assert answered(other) == "virginica"


def test_what_was_asked_is_remembered_until_it_is_forgotten(page: Page, address: str) -> None:
    for _ in range(2):
        go(page, address, "predict")
        page.get_by_role("button", name="Fill in the example").click()
        ask(page)
        answered(page)
        page.reload()
    go(page, address)
    entries = page.locator(".history li")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("setosa")
    expect(entries.first).to_contain_text("5.1, 3.5, 1.4, 0.2")
    entries.first.get_by_role("link").click()
    assert answered(page) == "setosa"
    go(page, address)
    entries.last.get_by_role("button", name="Forget").click()
    expect(page.get_by_role("heading", name="Asked from this browser")).to_be_focused()
    page.get_by_role("button", name="Forget all").click()
    expect(entries).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(entries).to_have_count(0)


def test_an_erased_prediction_is_gone_and_a_wrong_link_is_told(page: Page, address: str) -> None:
    go(page, address, "predict")
    page.get_by_role("button", name="Fill in the example").click()
    ask(page)
    answered(page)
    page.get_by_role("button", name="Erase it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Erased")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This prediction is gone")
    go(page, address, f"result/{'A' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("never gave out this address")


def test_the_keyboard_alone_is_enough(page: Page, address: str) -> None:
    go(page, address, "predict")
    page.get_by_label("Sepal length").focus()
    for value in FLOWER.values():
        page.keyboard.type(str(value))
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    assert answered(page) == "virginica"
    expect(page.get_by_role("main")).to_be_focused()


def test_what_is_sent_is_the_record_under_its_columns(page: Page, address: str) -> None:
    go(page, address, "predict")
    fill(page, FLOWER)
    assert sent(page) == {
        "sepal length (cm)": 6.3,
        "sepal width (cm)": 2.9,
        "petal length (cm)": 5.6,
        "petal width (cm)": 1.8,
    }


def test_without_its_api_the_form_is_what_the_page_was_made_with(browser: Browser, tmp_path: Path) -> None:
    with (
        form_at(ELSEWHERE, "http://127.0.0.1:9", ROOT, tmp_path) as address,  # nobody listens there
        watched(browser) as context,
    ):
        page = context.new_page()
        go(page, address, "predict")
        expect(page.get_by_label("Sepal length")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="can't be reached just now")).to_be_visible()
