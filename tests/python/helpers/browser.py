"""The dashboard in a real browser: what a visitor gets to see."""

from __future__ import annotations

import os
import shutil
import time
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
CHART = '[data-testid="stVegaLiteChart"]'
PLACEHOLDER = '[data-testid="stSkeleton"]'  # of a chart whose code is not loaded yet


def chromium_path() -> str | None:
    """Debian's chromium, or the one that PINGTOP_CHROMIUM names."""
    return os.environ.get("PINGTOP_CHROMIUM") or shutil.which("chromium")


class Visit:
    """One page, opened and drawn, with what went wrong meanwhile."""

    def __init__(self, context: BrowserContext, address: str, path: str) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self.on_request)
        started = time.monotonic()
        self.page.goto(f"{address}/{path}")
        self.wait()
        self.seconds = time.monotonic() - started

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            self.outside.append(request.url)

    def wait(self) -> None:
        """Until the script has run and every chart is drawn."""
        # before the script runs for the first time, nothing runs either: only what is ready once
        # its first content is there has run to its end
        self.page.wait_for_selector(".pt-note, .pt-cards, .pt-table", timeout=60_000)
        self.page.wait_for_selector(READY, timeout=60_000)
        self.page.wait_for_function(
            f"""!document.querySelector('{PLACEHOLDER}')
            && [...document.querySelectorAll('{CHART}')].every(
                chart => chart.querySelector('canvas, svg'))""",
            timeout=60_000,
        )

    @property
    def text(self) -> str:
        return self.page.locator('[data-testid="stMain"]').inner_text()

    def table(self, caption: str) -> list[list[str]]:
        """The cells of the table whose caption begins so, also where it is folded away."""
        rows = self.page.locator(f'.pt-scroll[aria-label^="{caption}"]').first.locator("tbody tr")
        return rows.evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )

    def close(self) -> None:
        self.page.close()


def assert_sound(visit: Visit, title: str) -> None:
    """What holds for every page."""
    page = visit.page
    assert visit.errors == []
    assert visit.outside == []
    assert page.locator("h1").all_inner_texts() == [title]
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator('[data-testid="stException"]').count() == 0
    charts = page.locator(CHART)
    tables = page.locator(".pt-table")
    assert tables.count() >= charts.count()
    # whose CSV a spreadsheet would run; the tables have the same numbers
    assert page.locator('[aria-label^="Show data"]:visible').count() == 0
    # drawn again when its width settles, a chart is without its description for a moment
    page.wait_for_function(
        f"""[...document.querySelectorAll('{CHART}')].every(chart =>
            [...chart.querySelectorAll('[aria-label]')].some(
                element => element.getAttribute('aria-label').length > 40))""",
        timeout=20_000,
    )


def serious(visit: Visit) -> list[str]:
    """What axe finds that keeps somebody from reading the page."""
    found = Axe().run(visit.page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:150] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
