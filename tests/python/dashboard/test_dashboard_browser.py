"""The dashboard and the report in a real browser: on the demo, a large release, your own data.

PINGTOP_TEST_RAW names a folder of raw data, such as six days of KuaiRand-Pure, on which every page
is opened too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import report
from axe_playwright_python.sync_playwright import Axe
from browser import CHART, Visit, assert_sound, chromium_path, serious
from dashboard_server import serving
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from publishing import STRATEGIES, publish
from test_dashboard import PAGES
from warehouse import Warehouse

from dashboard.report import page as report_page
from releases.release import Release, open_release

RAW = os.environ.get("PINGTOP_TEST_RAW")

# .ci/run sets PINGTOP_NEEDS_BROWSER: there, a missing browser is a failure.
pytestmark = pytest.mark.skipif(
    chromium_path() is None and not os.environ.get("PINGTOP_NEEDS_BROWSER"),
    reason="there is no chromium: make browser, or name one with PINGTOP_CHROMIUM",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # root has no sandbox in a container, and the pages are our own
        path = chromium_path() or "chromium"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def wide(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="module")
def narrow(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.fixture(scope="module")
def address(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(releases, tmp_path_factory.mktemp("server") / "log") as where:
        yield where


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sound_and_accessible(wide: BrowserContext, address: str, path: str) -> None:
    visit = Visit(wide, address, path)
    assert_sound(visit, PAGES[path])
    for summary in visit.page.locator("summary").all():
        summary.click()
    assert serious(visit) == []
    visit.close()


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(narrow: BrowserContext, address: str, path: str) -> None:
    visit = Visit(narrow, address, path)
    assert_sound(visit, PAGES[path])
    sizes = visit.page.evaluate(
        """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
            .map(element => element.scrollWidth)"""
    )
    assert max(sizes) <= 390
    visit.close()


def test_the_numbers_are_those_of_the_marts(
    wide: BrowserContext, address: str, evaluated: Warehouse
) -> None:
    """From the warehouse to the screen, without the dashboard's own code between."""
    visit = Visit(wide, address, "?segment=new&window=28d")
    [health] = evaluated.query(
        "from recommender_health where segment = 'new' and time_window = '28d'"
    ).to_dict("records")
    for expected in (
        f"{health['watch_through_rate']:.1%}",
        f"{health['watched_through_views']} of {health['views']} views",
        f"{health['engagement_per_impression']:.2f}",
        f"{health['no_view_24h_rate']:.1%}",
        f"{health['item_coverage']:.1%}",
    ):
        assert expected in visit.text
    daily = evaluated.rows(
        """
        select
            strftime(date, '%Y-%m-%d'), segment, active_users,
            if(is_provisional, 'yes', 'no')
        from recommender_health_daily
        order by date, segment
        """
    )
    assert visit.table("Active users by day") == [[str(value) for value in row] for row in daily]
    visit.close()

    visit = Visit(wide, address, "top-pings")
    top = evaluated.rows(
        "select ping_id, global_engagement from top_pings order by engagement_rank"
    )
    shown = [(cells[1], cells[2]) for cells in visit.table("The most engaged pings")]
    assert shown == [(ping, f"{engagement:,.2f}") for ping, engagement in top]
    visit.close()

    visit = Visit(wide, address, "recommendations?user=u2")
    slots = evaluated.rows(
        """
        select
            rank, ping_id, score, popularity_part, category_part, creator_part, freshness_part
        from recommendations where user_id = 'u2' order by rank
        """
    )
    cells = visit.table("The list of u2")
    assert [row[:2] for row in cells] == [[str(slot[0]), slot[1]] for slot in slots]
    assert [row[3:8] for row in cells] == [[f"{part:.4f}" for part in slot[2:]] for slot in slots]
    visit.close()

    visit = Visit(wide, address, "evaluation?cutoff=2024-02-13T00:00:00&k=5")
    recorded = evaluated.rows(
        """
        select strategy, value, low, high, n from evaluation_metrics
        where metric = 'ndcg' and k = 5 and as_of = timestamp '2024-02-13'
        order by value desc
        """
    )
    assert visit.table("NDCG@5") == [
        [strategy, *(f"{number:.4f}" for number in numbers), str(n)]
        for strategy, *numbers, n in recorded
    ]
    assert len(recorded) == len(STRATEGIES)
    visit.close()


def test_a_card_opens_why_its_number_moved(
    wide: BrowserContext, address: str, evaluated: Warehouse
) -> None:
    """The sentence and the table are those of the marts, and the address keeps what is open."""

    def shown_of(visit: Visit, dimension: str) -> None:
        [(sentence,)] = evaluated.rows(
            f"""
            select sentence from metric_change_summary
            where metric = 'watch_through_rate' and time_window = '7d' and {dimension}
            """
        )
        assert sentence in visit.text
        rows = evaluated.rows(
            f"""
            select value_label, printf('%+.2f', 100 * effect), numerator_after, denominator_after
            from metric_changes
            where
                metric = 'watch_through_rate' and time_window = '7d'
                and dimension in (
                    select dimension from metric_change_summary
                    where metric = 'watch_through_rate' and time_window = '7d' and {dimension}
                )
            order by is_rest, abs(effect) desc, value
            """
        )
        cells = [row[:2] + row[10:13:2] for row in visit.table("Watch-through rate by ")]
        expected = [[str(value).replace("+0.00", "0.00") for value in row] for row in rows]
        assert cells == expected

    visit = Visit(wide, address, "")
    button = visit.page.locator(".st-key-card-0").get_by_role("button")
    assert button.inner_text() == "Why?"
    button.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**why=watch_through_rate**")
    button.get_by_text("Explained below").wait_for()
    visit.wait()
    assert_sound(visit, "Health")
    shown_of(visit, "dimension_rank = 1")
    expect(visit.page.locator(CHART)).to_have_count(5, timeout=20_000)
    expect(visit.page.get_by_role("button", name="Why?")).to_have_count(2)
    visit.close()
    visit = Visit(wide, address, "?why=watch_through_rate&by=ping")
    shown_of(visit, "dimension = 'ping'")
    assert serious(visit) == []
    visit.close()
    # all days have none before them, and a window that is too long has none either
    for window in ("all", "28d"):
        visit = Visit(wide, address, f"?window={window}")
        expect(visit.page.locator(CHART)).to_have_count(4, timeout=20_000)
        expect(visit.page.get_by_role("button", name="Why?")).to_have_count(0)
        visit.close()


def test_the_keyboard_is_enough_and_the_address_keeps_the_filter(
    wide: BrowserContext, address: str
) -> None:
    visit = Visit(wide, address, "")
    page = visit.page
    before = visit.text
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    assert page.evaluate("document.activeElement.type") == "radio", "Tab reaches the filters"
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**segment=new**")
    visit.wait()
    page.wait_for_function(
        "text => document.body.innerText.indexOf(text) < 0", arg="32 of 129 views"
    )
    changed = visit.text
    assert changed != before
    again = Visit(wide, address, page.url.removeprefix(address).lstrip("/"))
    assert again.text == changed
    again.close()
    details = page.locator("summary").first
    details.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    visit.close()


def test_a_wrong_address_and_an_unknown_user_are_told_plainly(
    wide: BrowserContext, address: str
) -> None:
    visit = Visit(wide, address, "?segment=nobody&window=never")
    assert visit.errors == []
    assert "32 of 129 views" in visit.text, "what is not a choice is the default"
    visit.close()
    hostile = "<img src=https://example.org/x onerror=alert(1)>"
    visit = Visit(wide, address, f"recommendations?user={hostile}")
    assert f"There is no user {hostile} in this release" in visit.text
    assert visit.outside == []
    visit.close()


def test_stale_data_is_announced_and_no_release_is_explained(
    wide: BrowserContext, address: str, tmp_path: Path
) -> None:
    visit = Visit(wide, address, "")
    assert "Stale data: the newest event is of 2024-02-26 21:47 (UTC)" in visit.text
    visit.close()
    with serving(tmp_path / "none", tmp_path / "log") as empty:
        visit = Visit(wide, empty, "catalogue")
        assert "build and publish one with make build publish" in visit.text
        assert visit.errors == []
        visit.close()


def test_the_server_answers_this_machine_only(address: str, tmp_path: Path) -> None:
    """It listens on the loopback address: 0100007F in /proc/net/tcp, which is 127.0.0.1."""
    port = f"{int(address.rsplit(':', 1)[1]):04X}"
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port}")
    ]
    assert listening == [f"0100007F:{port}"]


def test_pages_of_ten_million_events_are_sound(
    wide: BrowserContext, large: Path, tmp_path: Path
) -> None:
    """Each page at the first visit, so nothing that it asks of the release is remembered.

    The seconds are printed, not judged: they depend on what else the machine does.
    """
    with serving(large, tmp_path / "log") as where:
        Visit(wide, where, "recommendations?user=nobody").close()  # the server itself is warm
        for path in PAGES:
            query = "?user=u1123456" if path == "recommendations" else ""
            visit = Visit(wide, where, path + query)
            assert_sound(visit, PAGES[path])
            print(f"{PAGES[path]}: {visit.seconds:.1f} s")
            visit.close()


def test_the_report_is_one_file_that_asks_nobody(
    chromium: Browser, releases: Path, tmp_path: Path, demo: Warehouse
) -> None:
    path = tmp_path / "report.html"
    assert report.main(["--release", str(releases), "--output", str(path)]) == 0
    written = path.read_text()
    assert path.stat().st_size < 2_000_000
    assert "<script" not in written
    assert "default-src 'none'" in written
    for width in (1280, 390):
        context = chromium.new_context(viewport={"width": width, "height": 900}, offline=True)
        page = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        assert said == []
        assert asked == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        figures = page.locator(".pt-figure")
        assert page.locator("svg[aria-label]:visible").count() == figures.count()
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        text = page.locator("body").inner_text()
        context.close()
    for expected in ("32 of 129 views", "56 of 262 views", "NDCG@10", STRATEGIES[-1]):
        assert expected in text
    assert "Of all numbers this one changed most" in text
    assert text.count("Waterfall") == 0, "a drawing's description is for those who cannot see it"


def test_the_report_is_the_same_for_the_same_release(releases: Path) -> None:
    release = open_release(releases)
    assert report_page(release) == report_page(Release(release.path, release.manifest))


@pytest.mark.skipif(RAW is None, reason="PINGTOP_TEST_RAW names no folder of raw data")
def test_every_page_on_your_own_data(wide: BrowserContext, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    environment = {"PINGTOP_RAW_LOCATION": str(RAW)}
    done = warehouse.dbt("build", environment=environment)
    assert done.returncode == 0, done.stdout[-3000:]
    folder = tmp_path / "releases"
    assert publish(warehouse, folder).returncode == 0
    with serving(folder, tmp_path / "log") as where:
        for path in PAGES:
            visit = Visit(wide, where, path)
            assert_sound(visit, PAGES[path])
            assert serious(visit) == []
            visit.close()
        [health] = warehouse.query(
            "from recommender_health where segment = 'all' and time_window = '7d'"
        ).to_dict("records")
        visit = Visit(wide, where, "")
        assert f"{health['watched_through_views']:,} of {health['views']:,} views" in visit.text
        visit.close()
