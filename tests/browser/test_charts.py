"""Charts in Chromium: drawn in UTC wherever one sits, moved by a poll without flicker, redrawn for another theme."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.estate import Estate
from tests.browser.eyes import SPRING
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SignIn = Callable[[User], Page]
BOARD = "/products/tim-combo/monitoring/?env=dev&env=test&range=24h"
PIXELS = "document.querySelector('[data-chart=requests] canvas').toDataURL()"


@pytest.fixture
def manager(estate: Estate, sign_in: SignIn) -> Page:
    return sign_in(estate.people[Role.RELEASE_MANAGER])


def test_a_day_on_which_clocks_are_set_looks_the_same_in_every_time_zone(
    site: Site, manager: Page, browser: Browser
) -> None:
    address = f"{BOARD}&until={SPRING:%Y-%m-%dT%H:%M:%SZ}"
    seen = set()
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        context = browser.new_context(
            base_url=site.url,
            timezone_id=zone,
            storage_state=manager.context.storage_state(),
            viewport={"width": 1440, "height": 900},
        )
        page = context.new_page()
        page.goto(address)
        expect(page.locator("[data-chart=requests] canvas")).to_be_visible()
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.evaluate("dispatchEvent(new Event('resize'))")
        page.wait_for_timeout(300)
        seen.add(page.evaluate(PIXELS))
        context.close()
    assert len(seen) == 1


def test_a_poll_moves_the_lines_that_are_there(manager: Page) -> None:
    manager.goto(BOARD)
    canvas = manager.locator("[data-chart=requests] canvas")
    expect(canvas).to_be_visible()
    manager.evaluate("document.querySelector('[data-chart=requests] canvas').dataset.mine = 'kept'")
    before = manager.evaluate(PIXELS)
    manager.evaluate(
        """() => {
          const source = document.getElementById("chart-data"), fresh = source.cloneNode(true), data = JSON.parse(source.textContent);
          data.charts.requests.s[0].d = data.charts.requests.s[0].d.map((value) => value && value * 3);
          fresh.textContent = JSON.stringify(data);
          source.replaceWith(fresh);
          fresh.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
        }"""
    )
    manager.wait_for_function(f"before => {PIXELS} !== before", arg=before)
    assert canvas.get_attribute("data-mine") == "kept"


def test_the_poll_itself_brings_numbers_without_loading_the_page(manager: Page) -> None:
    manager.goto(BOARD)
    with manager.expect_response(re.compile("/monitoring/now/")) as asked:
        manager.evaluate(
            "htmx.trigger('#poll', 'click'); htmx.ajax('GET', document.getElementById('poll').getAttribute('hx-get'), {swap: 'none'})"
        )
    assert asked.value.status == 200
    expect(manager.locator("[data-chart=requests] canvas")).to_be_visible()


def test_the_table_behind_a_chart_is_fetched_when_it_is_opened(manager: Page) -> None:
    manager.goto(BOARD)
    twin = manager.locator("section", has=manager.locator("#c-requests")).locator("details.twin")
    assert twin.locator("table").count() == 0
    twin.locator("summary").click()
    expect(twin.locator("table")).to_be_visible()
    assert twin.locator("tbody tr").count() == 288


def test_another_theme_draws_the_charts_in_its_own_colours(manager: Page) -> None:
    manager.goto(BOARD)
    expect(manager.locator("[data-chart=requests] canvas")).to_be_visible()
    before = manager.evaluate(PIXELS)
    manager.emulate_media(color_scheme="dark")
    manager.wait_for_function(f"before => {PIXELS} !== before", arg=before)


def test_charts_fit_a_phone(manager: Page) -> None:
    manager.set_viewport_size({"width": 390, "height": 844})
    manager.goto(BOARD)
    width = manager.locator("[data-chart=requests] canvas").evaluate("e => e.getBoundingClientRect().width")
    assert 250 < width <= 390
