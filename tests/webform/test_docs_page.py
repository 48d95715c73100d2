"""The page at /docs in a browser: it tells the whole API, tries each call, and loads nothing from anywhere."""

from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from app.docs import HEADERS, docs_page
from app.main import create_app
from serving.settings import Settings
from tests.making import write_project
from tests.running import Service
from tests.webform.fixtures import watched
from tests.webform.steps import PHONE, WIDE, judge

HOSTILE = "</title></style></script><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_the_page_tells_all_of_the_api_and_tries_it(page: Page, service: Service, axe: str) -> None:
    page.set_viewport_size(WIDE)
    page.goto(f"{service.url}/docs")
    document = httpx.get(f"{service.url}/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            expect(page.locator(f"#{call['operationId']}")).to_have_text(f"{method.upper()}{path}")
    for name in document["components"]["schemas"]:
        expect(page.locator(f"#{name}")).to_have_text(name)
    expect(page.get_by_text("≥ 3, ≤ 9, e.g. 5.1")).to_be_visible()

    ask = page.locator("form[data-path='api/predict']")
    ask.locator("input[name=Prefer]").fill("wait=20")
    ask.get_by_role("button", name="Send").click()
    expect(ask.locator("output")).to_contain_text('"prediction": "setosa"')
    shown = ask.locator("output").inner_text()
    assert shown.startswith("200 OK")
    prediction_id = shown.split("Location: /api/predict/")[1].split()[0]
    for method, answered in {"GET": '"status": "succeeded"', "DELETE": "204", "GET ": "410"}.items():
        form = page.locator(f"form[data-method={method.strip()}][data-path='api/predict/{{prediction_id}}']")
        form.locator("input[data-in=path]").fill(prediction_id)
        form.get_by_role("button", name="Send").click()
        expect(form.locator("output")).to_contain_text(answered)
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        judge(page, axe)


def test_what_a_project_says_of_itself_stays_text(browser: Browser, tmp_path: Path) -> None:
    field = f"x: float = Field(alias={HOSTILE!r}, description={HOSTILE!r}, examples=[1])"
    folder = write_project(tmp_path / "project", f"{field}\nkind: Literal[{HOSTILE!r}]")
    (folder / "form.yml").write_text(f"title: {HOSTILE!r}\n", encoding="utf-8")
    app = create_app(Settings.read({}, project_dir=folder, state_dir=tmp_path / "state"))
    text = docs_page(app.openapi())
    policies: list[str] = []
    with watched(browser) as context:
        page = context.new_page()
        page.on("dialog", lambda dialog: policies.append(dialog.message))
        page.route("**/docs", lambda route: route.fulfill(body=text, headers={**HEADERS, "Content-Type": "text/html"}))
        page.goto("http://127.0.0.1:1/docs")
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        expect(page.locator("script")).to_have_count(1)
        expect(page.locator("img")).to_have_count(0)
        assert page.get_by_text(HOSTILE).count() >= 4, "title, column, description, choice"
    assert policies == []


def test_a_page_runs_its_own_script_and_style_and_no_other(browser: Browser, service: Service) -> None:
    with watched(browser, allowed="Content Security Policy") as context:
        page = context.new_page()
        page.goto(f"{service.url}/docs")
        page.evaluate("window.violations = []; document.body.append(document.createElement('script'))")
        page.evaluate("document.querySelector('body > script:last-child').textContent = 'window.ran = true'")
        page.evaluate("fetch('http://localhost:9/').catch(() => {})")
        page.wait_for_function("window.violations.length === 2")
        assert page.evaluate("window.ran") is None
        assert page.evaluate("violations.splice(0)") == ["script-src-elem inline", "connect-src http://localhost:9/"]


def test_pages_can_not_be_framed_and_no_answers_type_is_guessed(service: Service) -> None:
    with service.client() as api:
        page = api.get("/docs")
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert len(page.content) < 32_000
        for path in ("/", "/docs"):
            assert "frame-ancestors 'none'" in api.get(path).headers["Content-Security-Policy"]
            assert api.get(path).headers["Referrer-Policy"] == "no-referrer"
        for path in ("/", "/docs", "/openapi.json", "/api/info", "/api/predict/unknown", "/nothing", "/config.json"):
            assert api.get(path).headers.get_list("X-Content-Type-Options") == ["nosniff"], path
            assert "Server" not in api.get(path).headers
        assert api.get("/redoc").status_code == api.get("/docs/oauth2-redirect").status_code == 404
