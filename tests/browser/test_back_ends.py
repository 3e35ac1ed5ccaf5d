"""The pages of back ends with 311 handlers, light and dark, wide and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deployments.fleet_planner import Seen
from deployments.handlers import Handlers
from deployments.models import Deployment, EnvironmentState, Fleet, HandlerChange, HandlerState, KnownFunction
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import Run, RunState, StepLine, StepState
from tests.browser.estate import Estate, add_release
from tests.browser.looking import LOOKS, Look, axe, overflow
from tests.deployments import fleets
from tests.deployments.back_ends import add_back_end, back_end_only, put_fleet
from tests.deployments.rows import end
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
SignIn = Callable[[User], Page]

NAMES = [
    f"{noun}-{verb}"
    for noun in ("orders", "users", "invoices", "timesheets", "shifts")
    for verb in ("create", "get", "list")
]
NAMES += [f"report-{number:03d}-render" for number in range(311 - len(NAMES))]
DEV = "/products/tim-combo/environments/dev"
ERROR = (
    "AWS could not take over the code of tim-dev-orders-get: KMSAccessDeniedException, the key is disabled."
)


@pytest.fixture
def back_end(estate: Estate) -> Deployment:
    """In dev 2.0.0 is on its way over 311 handlers: most are prepared, some are under way, one failed."""
    manager = estate.people[Role.RELEASE_MANAGER]
    product = Product.objects.get(slug="tim-combo")
    dev = Environment.objects.get(product=product, name="dev")
    seen: dict[str, Seen] = fleets.fleet(NAMES)
    fleet = put_fleet(dev, seen | {"legacy": fleets.seen(name="legacy")})
    _ran_before(product, dev, manager)
    KnownFunction.objects.filter(fleet=fleet, name="users-get").update(memory=512)
    add_back_end(add_release(product, "2.0.0", manager), _changed(200))
    add_back_end(add_release(product, "2.1.0", manager), _changed(311))
    deployment = promote(
        actor=manager, environment=dev, release=product.releases.get(version="2.0.0"), reason="Train"
    )
    _half_way(deployment)
    return deployment


def _changed(count: int) -> Handlers:
    """A release whose first handlers are new and whose others are those that run."""
    handlers = [fleets.handler(name, "2" if at < count else "1") for at, name in enumerate(NAMES)]
    return Handlers.of(handlers)


def _ran_before(product: Product, dev: Environment, manager: User) -> None:
    """1.8.0 and 1.9.0 of the back end alone went live."""
    for version, code in (("1.8.0", "0"), ("1.9.0", "1")):
        release = back_end_only(product, version, manager, fleets.release(NAMES, code))
        ran = promote(actor=manager, environment=dev, release=release, reason="Train")
        end(ran, RunState.SUCCEEDED)
        Deployment.objects.filter(pk=ran.pk).update(live_at=timezone.now())
        EnvironmentState.objects.filter(environment=dev).update(active=None)
        Fleet.objects.update(running=ran)


def _half_way(deployment: Deployment) -> None:
    rows = list(HandlerChange.objects.filter(deployment=deployment))
    for at, row in enumerate(rows):
        row.state = (
            HandlerState.READY if at < 120 else HandlerState.UPDATING if at < 140 else HandlerState.PENDING
        )
        row.version = "8" if at < 120 else ""
    rows[5].state, rows[5].error = HandlerState.FAILED, ERROR
    HandlerChange.objects.bulk_update(rows, ["state", "version", "error"])
    Run.objects.filter(pk=deployment.run_id).update(state=RunState.RUNNING, started_at=timezone.now())
    step = deployment.run.steps.get(name="prepare")
    deployment.run.steps.filter(position__lt=step.position).update(state=StepState.DONE)
    began = timezone.now() - timedelta(seconds=20)
    deployment.run.steps.filter(pk=step.pk).update(
        state=StepState.RUNNING, started_at=began, done=119, total=len(rows)
    )
    StepLine.objects.create(step=step, level="error", text=f"{rows[5].name}: {ERROR}")


def _fail(deployment: Deployment) -> None:
    """The failed handler took all back."""
    HandlerChange.objects.filter(deployment=deployment).update(state=HandlerState.RETURNED)
    Deployment.objects.filter(pk=deployment.pk).update(returning=True)
    deployment.run.steps.filter(name="prepare").update(state=StepState.FAILED, error=ERROR)
    Run.objects.filter(pk=deployment.run_id).update(
        state=RunState.FAILED, ended_at=timezone.now(), error=f"1 handler failed. {ERROR}"
    )
    EnvironmentState.objects.filter(environment=deployment.environment).update(active=None, failed=deployment)


PAGES = (
    f"{DEV}/",
    f"{DEV}/promote/2.1.0/",
    f"{DEV}/promote/2.1.0/?half=backend",
    f"{DEV}/rollback/?half=backend",
    "/products/tim-combo/releases/2.0.0/?target=backend",
    "/products/tim-combo/compare/?left=env-dev&right=rel-2.1.0",
    "/products/tim-combo/compare/?left=rel-1.9.0&right=env-test",
    "/deployments/{pk}/",
    "/deployments/{pk}/?handlers=ready",
)


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
def test_pages(look: Look, back_end: Deployment, estate: Estate, sign_in: SignIn, said: list[str]) -> None:
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    wrong = []
    for path in PAGES:
        address = path.format(pk=back_end.pk)
        page.goto(address)
        wrong += [f"{address}: {one}" for one in _wrong(page, said)]
    _fail(back_end)
    page.goto(f"/deployments/{back_end.pk}/")
    assert [*wrong, *_wrong(page, said)] == []


def _wrong(page: Page, said: list[str]) -> list[str]:
    page.evaluate("document.querySelectorAll('main details:not(.ask)').forEach(one => one.open = true)")
    found = [*axe(page), *said, *([f"{overflow(page)} px too wide"] if overflow(page) else [])]
    said.clear()
    return found


def test_a_square_has_a_name_and_filters_the_log(
    back_end: Deployment, estate: Estate, sign_in: SignIn
) -> None:
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto(f"/deployments/{back_end.pk}/")
    squares = page.get_by_role("group", name="200 handlers: 1 failed, 20 under way, 119 prepared, 60 waiting")
    square = squares.get_by_role("link", name="orders-list, failed")
    square.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?log=orders-list")
    expect(page.get_by_role("log").get_by_text(ERROR)).to_be_visible()


def test_a_failed_handler_is_left_out_and_the_others_are_tried_again(
    back_end: Deployment, estate: Estate, sign_in: SignIn
) -> None:
    _fail(back_end)
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto(f"/deployments/{back_end.pk}/")
    page.get_by_text("Leave orders-list out").first.click()
    page.get_by_label("Reason").first.fill("Nobody calls it any more.")
    page.get_by_role("button", name="Leave orders-list out").click()
    page.get_by_role("link", name="1 left out").click()
    expect(page.get_by_text("Nobody calls it any more.")).to_be_visible()
    page.locator(".dock summary").get_by_text("Retry", exact=True).click()
    page.locator(".dock").get_by_label("Reason").first.fill("Without that one.")
    page.locator(".dock").get_by_role("button", name="Retry").click()
    expect(page.get_by_role("group", name="199")).to_have_count(0)
    expect(page.get_by_role("group", name="1 left out")).to_be_visible()


def test_a_failed_handler_is_tried_again_alone(back_end: Deployment, estate: Estate, sign_in: SignIn) -> None:
    _fail(back_end)
    Deployment.objects.filter(pk=back_end.pk).update(returning=False, partial=True)
    rows = HandlerChange.objects.filter(deployment=back_end)
    rows.filter(error="").update(state=HandlerState.DONE)
    rows.exclude(error="").update(state=HandlerState.FAILED)
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto(f"/deployments/{back_end.pk}/")
    page.get_by_text("Retry or leave out").click()
    page.get_by_label("Reason").first.fill("The key is enabled again.")
    page.get_by_role("button", name="Retry orders-list").click()
    expect(page.get_by_role("group", name="1 prepared, 199 done")).to_be_visible()


def test_what_was_edited_by_hand_is_accepted(back_end: Deployment, estate: Estate, sign_in: SignIn) -> None:
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto(f"{DEV}/")
    page.get_by_text("Accept it as it is").click()
    page.get_by_label("Reason").fill("It needs less memory.")
    page.get_by_role("button", name="Accept 1 handler").click()
    expect(page.get_by_text("edited by hand")).to_have_count(0)
    expect(page.get_by_role("heading", name="Back end")).to_be_visible()
