"""A product from nothing in the browser, on the console as `./console up` starts it: by the wizard to its first deployment."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import DNSRecord
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import PATIENCE, Demo, demo_in, sign_in, tab, well_made
from timcombo_console.demo.back_end import VALUES
from timcombo_console.demo.build import build_app

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(300)]

DOMAIN = "shop.example"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("shop")) as demo:
        yield demo


def delegate(demo: Demo, **wish: Any) -> None:
    """What the domain's registrar says."""
    body = json.dumps({"domain": DOMAIN, **wish}).encode()
    address = demo.facts["devcloud_control"] + "/delegate"
    urllib.request.urlopen(urllib.request.Request(address, body, method="POST"), timeout=10).close()


def answer_whole_wizard(page: Page) -> None:
    page.get_by_role("link", name="New product").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Slug").fill("shop")
    page.get_by_label("Domain").fill(DOMAIN)
    for label in (
        "Account of the front ends",
        "Account of the hosted zone",
        "Account of the release archive",
    ):
        page.get_by_label(label).select_option(label="media")
    well_made(page)
    page.get_by_role("button", name="Go on to its environments").click()
    expect(page.get_by_role("heading", name="Environments of Shop")).to_be_visible()
    well_made(page)
    page.get_by_label("Reason").fill("TC-950: a shop.")
    page.get_by_role("button", name="Save and see the plan").click()


def test_by_the_wizard_to_a_first_deployment_at_its_own_hostname(demo: Demo, browser: Browser) -> None:
    delegate(demo, name_servers=["ns1.parked.example"])
    with tab(browser, demo) as page:
        sign_in(page, demo, "admin")
        page.goto("/")
        answer_whole_wizard(page)
        expect(page.get_by_text("42 to create, 4 to update.")).to_be_visible(timeout=PATIENCE)
        well_made(page)
        page.get_by_label("Reason").fill("TC-950: a shop.")
        page.get_by_role("button", name="Apply this plan").click()

        # The domain is not led to its zone yet: the cause is named, and the plan goes on by itself.
        expect(
            page.get_by_text("its registrar names ns1.parked.example as name servers").first
        ).to_be_visible(timeout=PATIENCE)
        well_made(page)
        delegate(demo)
        expect(page.get_by_role("heading", name="All 46 changes are made.")).to_be_visible(timeout=PATIENCE)
        well_made(page)
        page.goto("/products/shop/estate/")
        expect(page.get_by_text("All 58 resources are as they should be.")).to_be_visible()
        well_made(page)

    path = "/products/shop/releases"
    demo.call(path, {"version": "1.0.0"}, {"artifact.any": build_app({**VALUES, "version": "1.0.0"})})
    demo.until(f"{path}/1.0.0", "ready")
    made = demo.call("/products/shop/environments/dev/deployments", {"version": "1.0.0", "reason": "First"})
    demo.until(f"/deployments/{made['id']}", "live")
    host = f"dev.{DOMAIN}"
    answers = DNSRecord.parse(DNSRecord.question(host, "A").send(*_server(demo), timeout=5)).rr
    assert str(answers[0].rdata).startswith("192.0.2.")
    with tab(browser, demo) as page:
        page.goto(demo.site(host))
        expect(page.locator("body")).not_to_be_empty()
        sign_in(page, demo, "release_manager")
        page.goto("/products/shop/environments/dev/")
        expect(page.get_by_text(host).first).to_be_visible()
        expect(page.get_by_text("1.0.0").first).to_be_visible()


def _server(demo: Demo) -> tuple[str, int]:
    host, _, port = demo.facts["dns"].partition(":")
    return host, int(port)
