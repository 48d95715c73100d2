"""What a person does with the form."""

import json
from typing import Any, Literal

from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

PHONE, WIDE = ViewportSize(width=360, height=740), ViewportSize(width=1000, height=760)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def go(page: Page, address: str, route: str = "") -> None:
    """Open a route, and wait until it is drawn."""
    page.goto(f"{address}#/{route}")
    page.get_by_role("heading", level=1).first.wait_for()


def fill(page: Page, values: dict[str, Any]) -> None:
    """Type into fields, by their labels."""
    for label, value in values.items():
        page.get_by_label(label, exact=False).first.fill(str(value))


def ask(page: Page) -> None:
    page.get_by_role("button", name="Predict", exact=True).click()


def answered(page: Page, title: str = "Prediction") -> str:
    """Wait for the prediction; its value."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page.locator(".value").first.inner_text()


def refused(page: Page, message: str) -> None:
    """The field says what is wrong, and so does the list above the form, which has the focus."""
    expect(page.locator(".field .errors").filter(has_text=message).first).to_be_visible()
    expect(problems(page).filter(has_text=message)).to_be_focused()


def problems(page: Page) -> Locator:
    """The list of what is wrong, above the form."""
    return page.get_by_role("region", name="What is not right yet")


def judge(page: Page, axe: str) -> None:
    """Nobody is kept out, in the light and in the dark, and nothing reaches beyond the edge."""
    page.evaluate(axe)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = page.evaluate("axe.run().then(({violations}) => violations)")
        kept_out = [(scheme, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
        assert not kept_out, kept_out


class Held:
    """Requests that reach the service when they are let through, and not before."""

    def __init__(self, page: Page, pattern: str, method: str) -> None:
        self.waiting: list[Route] | None = []
        self.method = method
        page.route(pattern, self.take)

    def take(self, route: Route) -> None:
        if route.request.method == self.method and self.waiting is not None:
            self.waiting.append(route)
        else:
            route.continue_()

    def let_through(self) -> None:
        waiting, self.waiting = self.waiting or [], None
        for route in waiting:
            route.continue_()


def sent(page: Page) -> dict[str, Any]:
    """Ask; the record that was sent."""
    with page.expect_request(lambda request: request.method == "POST") as posted:
        ask(page)
    record: dict[str, Any] = json.loads(posted.value.post_data or "null")
    return record
