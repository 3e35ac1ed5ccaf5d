"""What the script adds: menus, keys, polls that never take away what somebody uses."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from deployments.models import EnvironmentState
from products.models import Product
from runs.models import Run, RunState, RunStep
from tests.browser.conftest import Site
from tests.browser.estate import Estate, add_release, go_live
from tests.browser.looking import Look, focused
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.browser
SignIn = Callable[[User], Page]
NARROW = Look("light", 390)


@pytest.fixture
def manager(estate: Estate, sign_in: SignIn) -> Page:
    """A release manager's tab."""
    return sign_in(estate.people[Role.RELEASE_MANAGER])


def test_a_cells_menu_is_fetched_when_it_opens_and_closed_by_escape(manager: Page) -> None:
    manager.goto("/")
    menu = manager.locator(".cell .menu", has=manager.get_by_label("Actions for Tim-Combo dev", exact=True))
    assert menu.locator("li").count() == 0
    menu.locator("summary").click()
    expect(menu.get_by_text("Promote to test")).to_be_visible()
    manager.keyboard.press("Escape")
    expect(menu.get_by_text("Promote to test")).to_be_hidden()
    assert focused(manager) == "Actions for Tim-Combo dev"


def test_one_menu_is_open_at_a_time(manager: Page) -> None:
    manager.goto("/")
    manager.get_by_label("Actions for Tim-Combo dev", exact=True).click()
    manager.get_by_label("Actions for Tim-Combo prod", exact=True).click()
    expect(manager.locator(".cell .menu[open]")).to_have_count(1)


def test_keys_move_and_open_pages(manager: Page) -> None:
    manager.goto("/")
    manager.keyboard.press("j")
    first = focused(manager)
    manager.keyboard.press("j")
    assert focused(manager) != first
    manager.keyboard.press("k")
    assert focused(manager) == first
    manager.keyboard.press("/")
    assert focused(manager) == "q"
    manager.keyboard.press("Escape")
    manager.locator(".ver[href$='/tim-combo/environments/dev/']").focus()
    manager.keyboard.press("r")
    manager.wait_for_url("**/environments/dev/rollback/")


def test_p_opens_the_plan_for_the_next_environment(manager: Page) -> None:
    manager.goto("/")
    manager.locator(".ver[href$='/tim-combo/environments/dev/']").focus()
    manager.keyboard.press("p")
    manager.wait_for_url("**/environments/test/promote/1.1.0/")


def test_keys_type_letters_in_fields_and_help_opens(manager: Page) -> None:
    manager.goto("/")
    manager.locator("#q").fill("")
    manager.locator("#q").press_sequentially("jkp?")
    expect(manager.locator("#q")).to_have_value("jkp?")
    manager.locator("h1").click()
    manager.keyboard.press("?")
    expect(manager.get_by_role("dialog")).to_be_visible()


def test_keys_can_be_switched_off(estate: Estate, sign_in: SignIn) -> None:
    person = estate.people[Role.RELEASE_MANAGER]
    User.objects.filter(pk=person.pk).update(shortcuts=False)
    page = sign_in(person)
    page.goto("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement === document.body")


def end(estate: Estate) -> None:
    """The deployment under way is cancelled, as its worker would do it."""
    Run.objects.filter(pk=estate.running.run.pk).update(state=RunState.CANCELLED, ended_at=timezone.now())
    EnvironmentState.objects.filter(active=estate.running).update(active=None)


def test_the_matrix_swaps_the_cell_that_changed(manager: Page, estate: Estate) -> None:
    manager.goto("/")
    cell = manager.locator(f"#cell-{estate.running.environment.pk}")
    expect(cell).to_have_attribute("data-state", "running")
    manager.evaluate("window.same = true")
    end(estate)
    expect(cell).to_have_attribute("data-state", "live")
    assert manager.evaluate("window.same")


def test_the_cell_in_focus_is_swapped_when_it_is_left(manager: Page, estate: Estate) -> None:
    manager.goto("/")
    cell = manager.locator(f"#cell-{estate.running.environment.pk}")
    cell.locator(".ver").focus()
    end(estate)
    expect(manager.locator("#strip")).to_contain_text("Nothing is being deployed")
    expect(cell).to_have_attribute("data-state", "running")
    manager.keyboard.press("j")
    expect(cell).to_have_attribute("data-state", "live")


def progress(estate: Estate, done: int) -> None:
    RunStep.objects.filter(run=estate.running.run, position=1).update(done=done)


def test_a_deployment_counts_on_without_a_reload(manager: Page, estate: Estate) -> None:
    manager.goto(f"/deployments/{estate.running.pk}/")
    numbers = manager.locator("#d-numbers")
    expect(numbers).to_contain_text("6")
    manager.evaluate("window.same = true")
    progress(estate, 9)
    expect(numbers).to_contain_text("9 of 12")
    assert manager.evaluate("window.same")


def test_a_poll_leaves_an_open_question_and_what_was_typed(manager: Page, estate: Estate) -> None:
    manager.goto(f"/deployments/{estate.running.pk}/")
    manager.locator("summary", has_text="Cancel").click()
    reason = manager.get_by_label("Reason")
    reason.fill("It is the wrong release")
    progress(estate, 11)
    expect(manager.locator("#d-numbers")).to_contain_text("11 of 12")
    expect(reason).to_have_value("It is the wrong release")
    assert manager.locator("details.ask[open]").count() == 1


def test_polling_ends_with_the_deployment(manager: Page, estate: Estate) -> None:
    manager.goto(f"/deployments/{estate.running.pk}/")
    assert manager.locator("#poll").get_attribute("hx-get")
    Run.objects.filter(pk=estate.running.run.pk).update(state=RunState.CANCELLED)
    expect(manager.locator("#poll[hx-get]")).to_have_count(0)
    expect(manager.locator("#d-head")).to_contain_text("Cancelled")


def test_the_page_says_when_the_connection_is_gone_and_when_it_is_back(
    manager: Page, estate: Estate, said: list[str]
) -> None:
    manager.goto(f"/deployments/{estate.running.pk}/")
    expect(manager.locator("#offline")).to_be_hidden()
    manager.context.set_offline(True)
    expect(manager.locator("#offline")).to_be_visible()
    manager.context.set_offline(False)
    expect(manager.locator("#offline")).to_be_hidden()
    assert [one for one in said if "ERR_INTERNET_DISCONNECTED" not in one and "htmx:" not in one] == []
    said.clear()


def test_a_request_id_can_be_copied(manager: Page, estate: Estate) -> None:
    manager.goto(f"/deployments/{estate.failed.pk}/")
    manager.get_by_role("button", name="Copy the request id").first.click()
    expect(manager.get_by_role("button", name="Copied").first).to_be_visible()
    assert manager.evaluate("navigator.clipboard.readText()") == "7XKM2Q8PHF3A9T0B"


def test_a_quick_pick_fills_the_reason_and_keeps_what_was_typed(manager: Page) -> None:
    manager.goto("/products/tim-combo/environments/dev/rollback/")
    reason = manager.locator("textarea[name=reason]")
    manager.get_by_text("Errors went up").click()
    expect(reason).to_have_value("Errors went up")
    reason.fill("Orders are slow since 10:12")
    manager.get_by_text("Wrong release").click()
    expect(reason).to_have_value("Orders are slow since 10:12")


def test_another_choice_on_the_rollback_page_shows_its_own_plan_and_keeps_the_reason(
    manager: Page, estate: Estate
) -> None:
    product, actor = Product.objects.get(slug="tim-combo"), estate.live.actor
    assert actor is not None
    go_live(product, "dev", add_release(product, "1.3.0", actor), actor)
    manager.goto("/products/tim-combo/environments/dev/rollback/")
    reason, button = manager.locator("textarea[name=reason]"), manager.locator("button.btn-big")
    reason.fill("Orders are slow since 10:12")
    before = manager.locator("[name=plan_digest]").input_value()
    manager.locator("#rollback").get_by_label("1.0.0").focus()
    manager.keyboard.press("Space")
    expect(button).to_contain_text("Roll back dev to 1.0.0")
    expect(manager.locator("#lead")).to_contain_text("get 1.0.0 again")
    expect(reason).to_have_value("Orders are slow since 10:12")
    assert manager.locator("[name=plan_digest]").input_value() != before
    assert manager.evaluate("document.activeElement.value") == "1.0.0"
    button.click()
    manager.wait_for_url("**/deployments/*/")
    expect(manager.locator("h1")).to_contain_text("1.0.0 to dev")


def test_a_double_click_sends_a_form_once(manager: Page, estate: Estate) -> None:
    manager.goto("/products/tim-combo/environments/dev/rollback/")
    manager.locator("textarea[name=reason]").fill("Only a drill")
    before = Run.objects.count()
    manager.locator("button.btn-big").dblclick()
    manager.wait_for_url("**/deployments/*/")
    assert Run.objects.count() == before + 1


@pytest.mark.parametrize("look", [NARROW], indirect=True, ids=str)
def test_on_a_phone_targets_are_large_enough_and_the_menu_opens(manager: Page) -> None:
    manager.goto("/")
    summary = manager.get_by_label("Actions for Tim-Combo dev", exact=True)
    box = summary.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    summary.tap()
    expect(manager.get_by_text("Promote to test")).to_be_visible()


def test_the_persons_menu_changes_the_theme_and_signs_out(manager: Page) -> None:
    manager.goto("/deployments/")
    manager.locator("summary.face").click()
    manager.get_by_role("button", name="Dark").click()
    expect(manager.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert manager.url.endswith("/deployments/")
    manager.locator("summary.face").click()
    manager.get_by_role("button", name="Sign out").click()
    manager.wait_for_url("**/login/**")


def test_a_rollback_works_without_a_script(
    browser: Browser, site: Site, estate: Estate, manager: Page
) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    context.add_cookies(manager.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    assert not page.locator(".cell .menu").first.is_visible()
    page.locator(".ver[href$='/tim-combo/environments/dev/']").click()
    page.get_by_role("link", name="Roll back").click()
    page.locator("textarea[name=reason]").fill("Only a drill")
    page.locator("button.btn-big").click()
    page.wait_for_url("**/deployments/*/")
    assert "1.0.0" in page.locator("h1").inner_text()
    context.close()
