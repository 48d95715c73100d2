"""A file through the form: ten thousand rows, bad ones among them, and files that are no use."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Download, Page, expect
from sklearn.datasets import load_iris

from tests.webform.steps import Held, go

ROWS = 10_000
HEADER = ["plant", "Sepal Length (cm)", "sepal width (cm)", "petal_length_cm", "Petal width"]
BAD = {17: "sepal length (cm)", 4_000: "sepal width (cm)", 9_999: "petal length (cm)"}


def flowers() -> list[list[Any]]:
    measured = load_iris().data.tolist()
    rows = [[f"plant {place}", *measured[place % len(measured)]] for place in range(ROWS)]
    rows[17][1], rows[4_000][2], rows[9_999][3] = "", "wide", 99
    return rows


def written(rows: list[list[Any]], header: list[str] = HEADER, **options: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **options).writerows([header, *rows])
    return text.getvalue().encode()


def choose(page: Page, content: bytes, name: str = "flowers.csv") -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download as CSV").click()
    found: Download = caught.value
    assert found.suggested_filename == "flowers-predictions.csv"
    with Path(found.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_ten_thousand_rows_are_checked_sent_drawn_and_downloaded(page: Page, address: str, api: httpx.Client) -> None:
    go(page, address, "batch")
    rows = flowers()
    choose(page, written(rows))
    expect(page.get_by_role("heading", level=2)).to_have_text("10,000 rows, 4 columns that match")
    expect(page.locator(".columns .other")).to_have_text("plant is not sent")
    expect(page.locator(".columns .match").first).to_have_text("Sepal Length (cm) → sepal length (cm)")
    expect(page.get_by_role("status").filter(has_text="3 rows with something wrong")).to_be_visible()
    table = page.locator(".long-table")
    assert table.locator("tbody tr").count() < 100, "rows that nobody sees are not in the page"
    table.evaluate("box => box.scrollTop = 17 * 34")
    expect(table.get_by_role("row").filter(has_text="sepal length (cm): Fill this in.")).to_be_visible()

    page.get_by_role("button", name="Predict 9,997 rows").click()
    expect(page.get_by_role("status").filter(has_text="9,997 rows answered.")).to_be_visible()
    expect(page.locator(".chart li")).to_have_count(3)
    page.get_by_label("Show only these").check()
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table.locator("tbody tr").nth(1)).to_contain_text("sepal width (cm): Must be a number")

    answers = downloaded(page)
    assert [row["plant"] for row in answers] == [row[0] for row in rows]
    assert {place for place, row in enumerate(answers) if row["error"]} == set(BAD)
    for place, column in BAD.items():
        assert answers[place]["error"].startswith(f"{column}: ")
        assert answers[place]["prediction"] == ""
    columns = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
    records = [dict(zip(columns, row[1:], strict=True)) for place, row in enumerate(rows) if place not in BAD]
    body = api.post("/api/predict", json=records, headers={"Prefer": "wait=20"}).raise_for_status().json()
    found = [row for place, row in enumerate(answers) if place not in BAD]
    assert [row["prediction"] for row in found] == [own["prediction"] for own in body["result"]]
    assert float(found[0]["probability.setosa"]) == pytest.approx(body["result"][0]["probabilities"]["setosa"])

    page.get_by_role("link", name="The link to these predictions").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Predictions")
    expect(page.locator("figcaption")).to_have_text("9,997 predictions, species")
    page.get_by_role("link", name="A file").click()
    expect(page.get_by_role("status").filter(has_text="9,997 rows answered.")).to_be_visible()


def test_a_file_goes_on_while_other_routes_are_looked_at(page: Page, address: str) -> None:
    held = Held(page, "**/api/predict", "POST")
    go(page, address, "batch")
    choose(page, written(flowers()[20:30]))
    page.get_by_role("button", name="Predict 10 rows").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("link", name="One record").click()
    expect(page.get_by_label("Sepal length")).to_be_visible()
    held.let_through()
    page.get_by_role("link", name="A file").click()
    expect(page.get_by_role("status").filter(has_text="10 rows answered.")).to_be_visible()
    go(page, address)
    expect(page.locator(".history li")).to_contain_text("flowers.csv")


def test_a_file_of_another_program_is_read_as_it_is(page: Page, address: str) -> None:
    go(page, address, "batch")
    header = ["Größe", "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
    content = written([["groß", 5.1, 3.5, 1.4, 0.2]], header, delimiter=";").decode().encode("latin-1")
    choose(page, content)
    expect(page.get_by_text("was read as Windows-1252")).to_be_visible()
    expect(page.locator(".columns .other")).to_have_text("Größe is not sent")
    page.get_by_role("button", name="Predict 1 row").click()
    expect(page.locator(".chart li")).to_contain_text("setosa")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"a,b\n", "and no other"),
        (b"sepal length (cm),petal width (cm)\n1,2\n", "columns are missing: sepal width (cm), petal length (cm)"),
        (
            written([[1, 2, 3, 4, 5, 6]], [*HEADER[:4], "petal width (cm)", "petal width (cm) "]),
            "Two columns would be petal width (cm)",
        ),
        (b'a,b\n"1,2\n3,4\n', "quotation mark that does not end"),
    ],
    ids=["empty", "no rows", "columns that are missing", "a column twice", "an open quotation mark"],
)
def test_a_file_that_can_not_be_used_is_told_why(page: Page, address: str, content: bytes, said: str) -> None:
    go(page, address, "batch")
    choose(page, content)
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("button", name="Predict")).to_have_count(0)


def test_rows_that_are_all_wrong_are_not_sent(page: Page, address: str) -> None:
    go(page, address, "batch")
    choose(page, written([["a", 99, 99, 99, 99]]))
    expect(page.get_by_role("button", name="Predict 0 rows")).to_be_disabled()


def test_a_dropped_file_is_a_chosen_file(page: Page, address: str) -> None:
    go(page, address, "batch")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
            document.querySelector("h1").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        written([["a", 5.1, 3.5, 1.4, 0.2]]).decode(),
    )
    expect(page.get_by_role("heading", level=2)).to_have_text("1 row, 4 columns that match")
