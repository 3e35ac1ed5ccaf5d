"""Front end and back end of a release as one in the browser, on the console as `./console up` starts it."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import PATIENCE, Demo, sign_in, tab
from tests.browser.looking import axe, overflow
from tests.supervisor.console_run import ConsoleRun

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(300)]

RELEASES = "/products/tim-combo/releases"
TEST = "/products/tim-combo/environments/test"
DEV = "/products/tim-combo/environments/dev"
BROKEN = "accounts-create"
LIVE = "Live, verified at the edge"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    from timcombo_console.demo.back_end import VALUES, build_back_end, handler_names
    from timcombo_console.demo.build import build_app

    run = ConsoleRun(tmp_path_factory.mktemp("back-end") / "checkout")
    try:
        demo = Demo(run.up())
        for version in ("2.0.0", "2.1.0"):
            app = build_app({**VALUES, "version": version})
            files = {"artifact.any": app, "artifact.backend": build_back_end(version, handler_names())}
            demo.call(RELEASES, {"version": version}, files)
            demo.until(f"{RELEASES}/{version}", "ready")
        for environment in (TEST, DEV):
            until_seen(demo, environment)
        yield demo
    finally:
        run.remove()


def until_seen(demo: Demo, environment: str) -> None:
    """Wait until the schedule has looked at the functions."""
    end = time.monotonic() + 90
    while (plan := demo.call(f"{environment}/plan", {"version": "2.0.0"}))["backend"]["blockers"]:
        assert time.monotonic() < end, plan["backend"]
        time.sleep(0.5)


def break_next(demo: Demo, account: str, function: str) -> None:
    """Have AWS fail to take over the next code of a function."""
    body: dict[str, Any] = {"account": account, "function": function, "reason_code": "KMSKeyAccessDenied"}
    address = f"{demo.facts['devcloud_control']}/lambda/fail"
    request = urllib.request.Request(address, json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def promote(page: Page, environment: str, version: str, half: str = "") -> None:
    name = environment.rpartition("/")[2]
    page.goto(f"{environment}/promote/{version}/{half}")
    page.get_by_label("Reason").fill("TC-511: hours of contractors.")
    page.get_by_role("button", name=f"Promote {version} to {name}").click()
    page.wait_for_url("**/deployments/**")


def well_made(page: Page) -> None:
    assert axe(page) == []
    assert overflow(page) == 0


def test_both_halves_are_promoted_broken_mended_and_rolled_back(demo: Demo, browser: Browser) -> None:
    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        page.goto(f"{TEST}/promote/2.0.0/")
        expect(page.get_by_role("heading", name="Handlers", exact=True)).to_be_visible()
        expect(page.get_by_text("8 changed, 303 the same; the API calls the alias live")).to_be_visible()
        well_made(page)
        promote(page, TEST, "2.0.0")
        expect(page.get_by_text(LIVE, exact=True)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("8 done").first).to_be_visible()
        well_made(page)

        break_next(demo, "455510265254", f"tim-sb-{BROKEN}")
        promote(page, TEST, "2.1.0")
        expect(page.get_by_text("Failed at prepare handlers").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("Nothing was switched").first).to_be_visible()
        expect(page.get_by_text("KMSKeyAccessDenied").first).to_be_attached()
        well_made(page)
        assert environment(demo)["running"] == "2.0.0"
        again = page.locator("#d-dock details", has=page.locator("form[action$='/retry/']"))
        again.locator("summary").click()
        again.locator("textarea, input[name=reason]").fill("The key is mended.")
        again.locator("form button").click()
        expect(page.get_by_text(LIVE, exact=True)).to_be_visible(timeout=PATIENCE)
        assert environment(demo)["running"] == "2.1.0"

        page.get_by_role("link", name="Roll back test").click()
        page.get_by_label("Reason").fill("Errors went up.")
        well_made(page)
        page.get_by_role("button", name="Roll back test to 2.0.0").click()
        expect(page.get_by_text(LIVE, exact=True)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("8 done").first).to_be_visible()
    with tab(browser, demo) as visitor:
        visitor.goto(demo.site("test.tim-combo.com"))
        expect(visitor.locator("#version")).to_have_text("2.0.0")


def test_where_the_api_calls_latest_a_broken_handler_puts_all_back(demo: Demo, browser: Browser) -> None:
    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        promote(page, DEV, "2.0.0", "?half=backend")
        expect(page.get_by_text("Live, verified in its functions", exact=True)).to_be_visible(
            timeout=PATIENCE
        )
        break_next(demo, "532595801838", "tim-dev-orders-get")
        promote(page, DEV, "2.1.0", "?half=backend")
        expect(page.get_by_text("All handlers have the code again").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("put back").first).to_be_visible()
        well_made(page)


def environment(demo: Demo) -> Any:
    found = demo.call("/products/tim-combo/environments")["items"]
    return next(one for one in found if one["name"] == "test")
