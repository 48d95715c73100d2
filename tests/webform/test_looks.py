"""How the pages look and what they weigh: nobody kept out, nothing beyond the edge of a phone, nothing too heavy.

SCREENSHOTS=FOLDER keeps a picture of each: `make screenshots` writes those of the README.
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from commands.webform.building import DIST
from tests.running import ROOT, Service
from tests.webform.fixtures import ELSEWHERE, form_at, watched
from tests.webform.steps import PHONE, SCHEMES, WIDE, answered, ask, fill, go, judge
from tests.webform.test_files import choose, flowers, written

FOLDER = os.environ.get("SCREENSHOTS")
FLOWER = {"Sepal length": 6.3, "Sepal width": 2.9, "Petal length": 5.6, "Petal width": 1.8}


@pytest.fixture(scope="module")
def address(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with form_at(ELSEWHERE, service.url, ROOT, tmp_path_factory.mktemp("form")) as found:
        yield found


def home(page: Page, address: str) -> None:
    result(page, address)
    go(page, address)
    expect(page.locator(".history li")).to_have_count(1)


def predict(page: Page, address: str) -> None:
    go(page, address, "predict")
    fill(page, {**FLOWER, "Petal width": 12})
    ask(page)
    expect(page.locator(".field .errors")).to_have_count(1)


def batch(page: Page, address: str) -> None:
    go(page, address, "batch")
    rows = flowers()[:200]
    choose(page, written(rows))
    expect(page.locator(".columns li").first).to_be_visible()


def answers(page: Page, address: str) -> None:
    batch(page, address)
    page.get_by_role("button", name="Predict 199 rows").click()
    expect(page.locator(".chart li").first).to_be_visible()


def result(page: Page, address: str) -> None:
    go(page, address, "predict")
    fill(page, FLOWER)
    ask(page)
    answered(page)


ROUTES = {"home": home, "predict": predict, "batch": batch, "answers": answers, "result": result}


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_keeps_nobody_out_and_fits(page: Page, address: str, axe: str, route: str) -> None:
    page.set_viewport_size(WIDE)
    ROUTES[route](page, address)
    page.evaluate("document.activeElement.blur()")
    for name, size in {"wide": WIDE, "phone": PHONE}.items():
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, 0)")
        if FOLDER:
            keep(page, f"{route}-{name}")
        judge(page, axe)


def keep(page: Page, name: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        phone = name.endswith("phone")
        if not (phone and scheme == "dark"):
            page.screenshot(path=str(Path(FOLDER or "") / f"{name}-{scheme}.png"), full_page=phone)


def test_all_of_it_weighs_at_most_170_kb() -> None:
    scripts = [path.read_bytes() for path in (DIST / "assets").glob("*.js")]
    assert scripts
    assert sum(len(gzip.compress(script, 9)) for script in scripts) <= 170_000


def test_the_first_paint_waits_for_no_api(browser: Browser, address: str, service: Service) -> None:
    with watched(browser) as context:
        page = context.new_page()
        waiting: list[Route] = []

        def never(route: Route) -> None:
            waiting.append(route)

        page.route(f"{service.url}/api/info", never)
        go(page, address, "predict")
        expect(page.get_by_label("Sepal length")).to_be_visible()
        assert len(waiting) == 1
        waiting[0].abort()
