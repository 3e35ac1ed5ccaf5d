"""A back end that is promoted without its front end, and old versions of its functions, at every width and in both themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deployments.models import Fleet
from products.models import Environment, Product
from tests.browser.estate import Estate
from tests.browser.looking import LOOKS, Look, axe, overflow
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, back_end_only, called, put_fleet
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
SignIn = Callable[[User], Page]

DEV = "/products/tim-combo/environments/dev"
PRUNE = f"{DEV}/back-end/prune/"
PAGES = ("/", f"{DEV}/", f"{DEV}/promote/1.1.2/?half=backend", PRUNE)


@pytest.fixture
def fleet(estate: Estate) -> Fleet:
    """In dev visitors get 1.1.0 and the API calls 1.1.1; 1.1.2 has a back end only. Of each function 8 versions are known."""
    manager = estate.people[Role.RELEASE_MANAGER]
    product = Product.objects.get(slug="tim-combo")
    dev = Environment.objects.get(product=product, name="dev")
    fleet = put_fleet(dev, fleets.fleet(NAMES, live="8"))
    for name in NAMES:
        for number in range(1, 9):
            fleet.versions.create(name=name, number=number, sha256="0" * 64)
    first, _ = (
        back_end_only(product, version, manager, fleets.release(NAMES, version))
        for version in ("1.1.1", "1.1.2")
    )
    called(dev, first, manager)
    return fleet


@pytest.fixture
def manager(estate: Estate, fleet: Fleet, sign_in: SignIn) -> Page:
    """A release manager's tab."""
    return sign_in(estate.people[Role.RELEASE_MANAGER])


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
def test_pages(look: Look, manager: Page, said: list[str]) -> None:
    wrong = []
    for address in PAGES:
        manager.goto(address)
        wrong += [f"{address}: {one}" for one in (*axe(manager), *said)]
        wrong += [f"{address}: {overflow(manager)} px too wide"] if overflow(manager) else []
    assert wrong == []


@pytest.mark.parametrize("look", [Look(), Look(width=390)], indirect=True, ids=str)
def test_the_cells_menu_leads_to_the_plan_of_the_back_end_alone(look: Look, manager: Page) -> None:
    manager.goto("/")
    expect(manager.get_by_role("link", name="back end 1.1.2 ready")).to_be_visible()
    expect(manager.get_by_role("link", name="Tim-Combo dev, 1.1.0, live")).to_have_accessible_name(
        "Tim-Combo dev, 1.1.0, live, the edge serves it, back end 1.1.1, "
        "it fares worse since its deployment, the edge serves something else"
    )
    manager.get_by_label("Actions for Tim-Combo dev", exact=True).click()
    manager.get_by_role("link", name="Promote 1.1.2 to dev back end only, the front end stays 1.1.0").click()
    expect(manager.get_by_role("heading", level=1)).to_have_text("Promote 1.1.2 to dev")
    expect(manager.get_by_text("Pages stay as they are.", exact=False).first).to_be_visible()


@pytest.mark.parametrize("look", [Look(width=1280)], indirect=True, ids=str)
def test_what_is_ready_fits_its_cell(look: Look, manager: Page) -> None:
    manager.goto("/")
    menu = manager.get_by_label("Actions for Tim-Combo dev", exact=True)
    cell = manager.locator(".cell", has=menu)
    offer = cell.get_by_role("link", name="back end 1.1.2 ready")
    around = cell.bounding_box()
    for inside in (offer.bounding_box(), menu.bounding_box()):
        assert around is not None
        assert inside is not None
        assert inside["x"] + inside["width"] <= around["x"] + around["width"]


def test_old_versions_are_deleted_from_where_code_storage_is_shown(manager: Page) -> None:
    manager.goto(f"{DEV}/")
    manager.get_by_role("link", name="Prune old versions").click()
    expect(manager.get_by_text("versions of 3 functions")).to_be_visible()
    manager.get_by_label("Reason").fill("Code storage is nearly full.")
    manager.get_by_role("button", name="Delete old versions of tim-dev-*").click()
    expect(manager.get_by_text("They are being pruned.")).to_be_visible()
    expect(manager.get_by_text("Queued", exact=True)).to_be_visible()
    assert axe(manager) == []
