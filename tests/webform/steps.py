"""What a person does with the form."""

import json
from typing import Any

from playwright.sync_api import Page, expect


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
    expect(page.get_by_role("alert").filter(has_text=message)).to_be_focused()


def sent(page: Page) -> dict[str, Any]:
    """Ask; the record that was sent."""
    with page.expect_request(lambda request: request.method == "POST") as posted:
        ask(page)
    record: dict[str, Any] = json.loads(posted.value.post_data or "null")
    return record
