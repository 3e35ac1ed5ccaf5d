"""A release breaks the API, and somebody deploys by hand: the console notices both by itself, on the demo as
`./console up` starts it."""

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.message import signature
from tests.browser.demo import PATIENCE, Demo, sign_in, tab, well_made
from tests.browser.looking import LOOKS
from tests.supervisor.console_run import ConsoleRun, environment
from timcombo_console.supervisor.process import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(600)]

PLACE = "/products/tim-combo/environments/test"
NUMBERS = "/products/tim-combo/monitoring/?env=test&range=1h"
LIVE = "Live, verified at the edge"
CELL = "Tim-Combo test, "
NOT_DECLARED = re.compile("the edge serves something else")
VERDICT_SECONDS, NOTICED_SECONDS = 240, 90


class Eyes(Demo):
    """The demo, with its commands and what its inbox heard."""

    def __init__(self, run: ConsoleRun) -> None:
        super().__init__(run)
        self.run = run

    def manage(self, *arguments: str) -> None:
        argv = [str(self.run.folder / "console"), "manage", *arguments]
        subprocess.run(argv, cwd="/", env=environment(), check=True, capture_output=True)

    def place(self) -> Any:
        found = self.call("/products/tim-combo/environments")["items"]
        return next(one for one in found if one["name"] == "test")

    def heard(self, kind: str) -> list[Any]:
        """What came to the inbox of that kind; each is signed by the console."""
        written = json.loads((self.run.folder / "var" / "environment.json").read_text())
        secret = written["CONSOLE_WEBHOOK_SECRET_DEMO_INBOX"]
        address = f"{self.facts['devcloud_control']}/inbox/console"
        with urllib.request.urlopen(address, timeout=10) as answer:
            messages = json.load(answer)["messages"]
        for one in messages:
            timestamp = one["headers"]["x-console-timestamp"]
            expected = signature(secret, timestamp, one["body"].encode())
            assert one["headers"]["x-console-signature"] == expected
        bodies = [json.loads(one["body"]) for one in messages]
        return [body for body in bodies if body["kind"] == kind]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyes]:
    """2.0.0 is good and 2.1.0 is broken; both were checked."""
    run = ConsoleRun(tmp_path_factory.mktemp("eyes") / "checkout")
    try:
        demo = Eyes(run.up())
        demo.manage("demo_back_end")
        demo.manage("demo_back_end", "2.1.0", "--broken")
        for version in ("2.0.0", "2.1.0"):
            demo.until(f"/products/tim-combo/releases/{version}", "ready")
        blocked = f"{PLACE}/plan", {"version": "2.0.0"}
        wait(lambda: not demo.call(*blocked)["backend"]["blockers"], "a look at the handlers")
        yield demo
    finally:
        run.remove()


def wait(look: Callable[[], object], what: str, seconds: float = NOTICED_SECONDS) -> None:
    assert wait_until(lambda: bool(look()), seconds), f"{what} took more than {seconds:.0f} s"


def promote(page: Page, version: str) -> None:
    page.goto(f"{PLACE}/promote/{version}/")
    page.get_by_label("Reason").fill("TC-511: hours of contractors.")
    page.get_by_role("button", name=f"Promote {version} to test").click()
    page.wait_for_url("**/deployments/**")
    expect(page.get_by_text(LIVE, exact=True)).to_be_visible(timeout=PATIENCE)


def well_made_everywhere(page: Page) -> None:
    """Light and dark, on a desk and on a phone; then as it was."""
    for look in reversed(LOOKS):
        page.emulate_media(color_scheme="dark" if look.theme == "dark" else "light")
        page.set_viewport_size({"width": look.width, "height": 900})
        well_made(page)


def opt_in(page: Page) -> None:
    page.goto(f"{PLACE}/settings/")
    page.get_by_label("Roll back by itself").check()
    page.get_by_label("Minutes of watching after a deployment").fill("5")
    page.get_by_label("Reason").fill("Nobody is awake at night.")
    page.get_by_role("button", name="Save the settings of test").click()
    expect(page.get_by_label("Roll back by itself")).to_be_checked()


def test_a_release_that_breaks_the_api_is_found_out_and_taken_back(demo: Eyes, browser: Browser) -> None:
    with tab(browser, demo) as page:
        sign_in(page, demo, "admin")
        opt_in(page)
    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        promote(page, "2.0.0")
        promote(page, "2.1.0")
        began = time.monotonic()
        health = page.locator("#d-health")
        expect(health).to_contain_text("Degraded", timeout=VERDICT_SECONDS * 1000)
        assert time.monotonic() - began < VERDICT_SECONDS
        expect(health).to_contain_text("API answers 5xx")
        expect(health).to_contain_text("The console went back to 2.0.0 by itself")
        expect(health.get_by_label("Worse").first).to_be_visible()
        well_made_everywhere(page)
        wait(lambda: demo.place()["live"] == "2.0.0", "the way back")
        health.get_by_role("link", name="deployment").click()
        expect(page.get_by_text(LIVE, exact=True)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("Automatic: 2.1.0 made things worse.").first).to_be_visible()
        well_made_everywhere(page)
        _numbers_show_all_of_them(page)
        _it_is_told_everywhere(page, demo)
    with tab(browser, demo) as page:
        sign_in(page, demo, "admin")
        _the_log_of_notifications_names_it(page)


def _numbers_show_all_of_them(page: Page) -> None:
    page.goto(NUMBERS)
    marks = json.loads(page.locator("#chart-data").text_content() or "")["marks"]
    assert [label for _, label in marks][-3:] == ["2.0.0", "2.1.0", "2.0.0 ↶"]
    page.locator("summary", has_text="Before and after").last.click()
    expect(page.get_by_role("row", name="API answers 5xx").last).to_be_visible()
    well_made_everywhere(page)


def _it_is_told_everywhere(page: Page, demo: Eyes) -> None:
    page.goto("/?q=tim-combo")
    expect(page.get_by_role("link", name=f"{CELL}2.0.0, rolled back from 2.1.0")).to_be_visible()
    page.goto("/audit/?action=health.judged")
    expect(page.get_by_text("2.1.0 in Tim-Combo test is degraded.").first).to_be_visible()
    page.goto("/audit/?action=deployment.rollback")
    (row,) = page.locator("details.ev").all()
    expect(row).to_contain_text("Console")
    wait(lambda: demo.heard("rollback.live"), "the news")
    (degraded,), (back,) = demo.heard("health.degraded"), demo.heard("rollback.automatic")
    assert "2.1.0 in Tim-Combo test is degraded." in degraded["summary"]
    assert back["actor"] == "console"
    assert back["reason"].startswith("Automatic: 2.1.0 made things worse.")


def _the_log_of_notifications_names_it(page: Page) -> None:
    page.goto("/notifications/deliveries/")
    expect(page.get_by_text("Degraded after a deployment: 2.1.0 to Tim-Combo test")).to_be_visible()
    well_made_everywhere(page)


def test_a_deployment_by_hand_is_noticed_and_so_is_its_end(demo: Eyes, browser: Browser) -> None:
    wait(lambda: demo.place()["active_deployment"] is None, "the environment")
    running = demo.place()["running"]
    demo.manage("demo_break_site", "--environment", "test")
    began = time.monotonic()
    wait(lambda: demo.place()["findings"], "noticing")
    assert time.monotonic() - began < NOTICED_SECONDS
    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        page.goto(f"{PLACE}/")
        expect(page.get_by_text("Somebody deployed past the console: index.html").first).to_be_visible()
        expect(page.get_by_label("Differs").first).to_be_visible()
        well_made_everywhere(page)
        page.goto("/?q=tim-combo")
        expect(page.get_by_role("link", name=f"{CELL}{running},")).to_have_accessible_name(NOT_DECLARED)
        promote(page, running)
        wait(lambda: not demo.place()["findings"], "the end")
        page.goto(f"{PLACE}/")
        expect(page.get_by_text("Yes, all agree.")).to_be_visible()
        page.goto("/audit/?action=truth.changed")
        expect(page.get_by_text("Tim-Combo test serves again what is declared.").first).to_be_visible()
    wait(lambda: demo.heard("edge.agrees"), "the news")
    assert "Somebody deployed past the console" in demo.heard("edge.differs")[0]["summary"]
