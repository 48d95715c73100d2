"""A browser whose pages may show no error, break no policy and ask nobody but this machine."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.running import PATIENCE, ROOT, cli

OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]
BESIDE, ELSEWHERE = "beside the API", "under /repo/ of another host"
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""


SECONDS = float(os.environ.get("PAGE_SECONDS", PATIENCE))
expect.set_options(timeout=SECONDS * 1000)


@dataclass
class Watched:
    """What a page did that no page may do."""

    allowed: str = "Failed to load resource"  # an answer that is not 200 is said in the console, too
    found: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not re.search(self.allowed, message.text):
            self.found.append(f"{message.type}: {message.text}")

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"blob", "data"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.found.append(f"a third party: {request.url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. For one file's tests only: while it runs, asyncio has a loop in this thread."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "chromium is not installed: `make test` does that"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, *, allowed: str = Watched.allowed, **options: Any) -> Iterator[BrowserContext]:
    """A browser that has been nowhere yet; what its pages did is judged at the end."""
    context = browser.new_context(**{"viewport": {"width": 1000, "height": 900}, **options})
    context.set_default_timeout(SECONDS * 1000)
    context.add_init_script(WATCH)
    watch = Watched(allowed)
    context.on("console", watch.console)
    context.on("request", watch.request)
    context.on("weberror", lambda error: watch.found.append(str(error.error)))
    try:
        yield context
        for page in context.pages:
            watch.found += page.evaluate("window.violations ?? []")
        assert watch.found == []
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser) as context:
        yield context.new_page()


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, as a static host has them."""

    def log_message(self, format: str, *arguments: Any) -> None:
        return


@contextmanager
def static_host(folder: Path) -> Iterator[str]:
    """A host on a free port; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def form_at(place: str, api: str, project: Path, folder: Path) -> Iterator[str]:
    """Where the form of a service is: beside its API, or as `cli form` writes it for a host like GitHub Pages."""
    if place == BESIDE:
        yield f"{api}/"
        return
    cli("form", "--api", api, "--project", str(project), "--out", str(folder / "site" / "repo"))
    with static_host(folder / "site") as host:
        yield f"{host}/repo/"


@pytest.fixture(scope="session", autouse=False)
def axe() -> str:
    """The source of axe-core, which finds what keeps people out."""
    return (ROOT / "webform/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
