"""From a clean start to a product promoted and rolled back in the browser, on the console as `./console up` starts it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.demo import PATIENCE, Demo, demo_in, sign_in, tab, well_made
from tests.browser.looking import Look
from tests.builds import zip_of
from tests.databases import CHECKOUT

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(300)]

DARK = Look("dark", 1440)
TEST_SITE = "test.tim-combo.com"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("journey")) as demo:
        yield demo


def test_a_release_is_promoted_seen_and_rolled_back(demo: Demo, browser: Browser) -> None:
    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        for product in ("Tim-Combo", "Flux Systems"):
            expect(page.get_by_role("link", name=product, exact=True)).to_be_visible()
        well_made(page)

        page.goto("/products/tim-combo/environments/test/")
        page.get_by_role("link", name="Promote 1.1.0 to test").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Promote 1.1.0 to test")
        for part in ("What changes", "Configuration", "Cached paths to clear", "What will not change"):
            expect(page.get_by_role("heading", name=part, exact=True)).to_be_attached()
        expect(page.get_by_text("index.html").first).to_be_visible()
        well_made(page)
        page.get_by_label("Reason").fill("TC-482: the new week page.")
        page.get_by_role("button", name="Promote 1.1.0 to test").click()

        expect(page.get_by_text("Live, verified at the edge", exact=True)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("log")).to_contain_text("CopyObject")
        well_made(page)
        deployment = page.url

    with tab(browser, demo) as visitor:
        visitor.goto(demo.site(TEST_SITE, "/about"))
        expect(visitor.locator("#version")).to_have_text("1.1.0")
        expect(visitor.get_by_text("us-east-2_57sEtr0xp")).to_be_visible()

    with tab(browser, demo) as page:
        sign_in(page, demo, "release_manager")
        page.goto(deployment)
        page.get_by_role("link", name="Roll back test").click()
        expect(page.get_by_role("radio", name="1.0.0")).to_be_checked()
        well_made(page)
        page.get_by_label("Reason").fill("Errors went up.")
        page.get_by_role("button", name="Roll back test to 1.0.0").click()
        expect(page.get_by_text("Live, verified at the edge", exact=True)).to_be_visible(timeout=PATIENCE)

    with tab(browser, demo) as visitor:
        visitor.goto(demo.site(TEST_SITE))
        expect(visitor.locator("#version")).to_have_text("1.0.0")


def test_a_wrong_name_starts_nothing_and_loses_nothing_typed(demo: Demo, browser: Browser) -> None:
    with tab(browser, demo, expected="status of 422") as page:
        sign_in(page, demo, "release_manager")
        page.goto("/products/tim-combo/environments/prod/promote/1.1.0/")
        page.get_by_label("Reason").fill("Hotfix.")
        expect(page.get_by_label("Type prod to confirm")).to_be_visible()
        page.get_by_label("Why promote it past the promotion path").fill("Stage is down.")
        page.get_by_label("Type prod to confirm").fill("production")
        page.get_by_role("button", name="Promote 1.1.0 to prod").click()
        expect(page.get_by_text("type its name, prod, to go on").first).to_be_visible()
        expect(page.get_by_label("Reason")).to_have_value("Hotfix.")


def test_an_admin_edits_the_configuration_and_the_next_plan_shows_it(demo: Demo, browser: Browser) -> None:
    with tab(browser, demo, DARK) as page:
        sign_in(page, demo, "admin")
        page.goto("/products/tim-combo/configuration/")
        well_made(page)
        page.get_by_role("link", name="Edit dev").click()
        page.get_by_label("REACT_APP_SUPPORT_EMAIL in dev").fill("help@tim-combo.com")
        page.get_by_role("button", name="Show the difference").click()
        expect(page.locator("ins", has_text="help@tim-combo.com")).to_be_visible()
        page.get_by_label("Reason").fill("A better address.")
        page.get_by_role("button", name="Save 1 value for dev").click()
        expect(page.get_by_role("heading", name="Revision 2")).to_be_visible()
    plan = demo.call("/products/tim-combo/environments/dev/plan", {"version": "1.1.0"})
    assert [change["key"] for change in plan["config"]] == ["REACT_APP_SUPPORT_EMAIL"]


def test_an_auditor_finds_all_of_it(demo: Demo, browser: Browser) -> None:
    demo.call("/products/tim-combo/releases/1.1.0/bad", {"bad": True, "reason": "It leaks."})
    demo.call("/products/tim-combo/releases/1.1.0/bad", {"bad": False, "reason": "It does not."})
    with tab(browser, demo) as page:
        sign_in(page, demo, "auditor")
        page.goto("/audit/?product=tim-combo")
        expect(page.get_by_text("It leaks.").first).to_be_attached()
        well_made(page)
        page.get_by_role("button", name="Verify").click()
        expect(page.get_by_text("The chain is whole").first).to_be_visible()
        page.goto("/permissions/")
        well_made(page)


def built(version: str, folder: Path) -> bytes:
    """The React app as Vite builds it."""
    node = shutil.which("node") or str(
        Path(os.environ.get("CONSOLE_VENV", CHECKOUT / ".venv")) / "bin" / "node"
    )
    vite = CHECKOUT / "demo-app" / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run(
        [node, str(vite), "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn"],
        cwd=CHECKOUT / "demo-app",
        env={**os.environ, "RELEASE": version},
        check=True,
        timeout=200,
    )
    return zip_of(
        {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    )


def shipped(demo: Demo, version: str, folder: Path) -> None:
    """Built, registered by CI, and live in test of Flux Systems."""
    path = "/products/flux-systems/releases"
    demo.call(path, {"version": version}, {"artifact.any": built(version, folder / version)})
    demo.until(f"{path}/{version}", "ready")
    made = demo.call(
        "/products/flux-systems/environments/test/deployments", {"version": version, "reason": "CI"}
    )
    demo.until(f"/deployments/{made['id']}", "live")


def test_an_open_tab_of_a_react_app_still_loads_its_lazy_chunk_after_a_promotion(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    shipped(demo, "5.0.0", tmp_path)
    address = demo.site("test.flux-systems.info")
    missing_icon = "status of 403"
    with (
        tab(browser, demo, expected=missing_icon) as before,
        tab(browser, demo, expected=missing_icon) as after,
    ):
        before.goto(address)
        expect(before.locator("#release")).to_have_text("5.0.0")
        shipped(demo, "5.1.0", tmp_path)
        before.get_by_role("button", name="Open the week").click()
        expect(before.locator("#week")).to_have_attribute("data-built", "5.0.0")
        after.goto(address)
        expect(after.locator("#release")).to_have_text("5.1.0")
        after.get_by_role("button", name="Open the week").click()
        expect(after.locator("#week")).to_have_attribute("data-built", "5.1.0")
