"""Back ends on the first page: which one an API calls when it is not the pages' own, and which may be promoted alone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deployments.models import Deployment, EnvironmentState, Fleet, Release
from deployments.services.mark_bad import mark_bad
from deployments.services.promote import promote, rollback
from products.models import Environment, Product
from runs.models import RunState
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, add_back_end, back_end_only, called, goes_live, put_fleet
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from timcombo_console.cells import Cell
from timcombo_console.matrix import cells_of, changed_since, progress_of
from timcombo_console.places import places
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    product = estate()
    for name in ("dev", "test"):
        put_fleet(environment(product, name), fleets.fleet(NAMES))
    return product


@pytest.fixture
def dev(product: Product) -> Environment:
    return environment(product, "dev")


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


@pytest.fixture
def running(product: Product, dev: Environment, manager: User) -> Release:
    """1.0.0 of both halves runs in dev."""
    release = ready(product, "1.0.0", manager)
    add_back_end(release, fleets.release(NAMES, "1"))
    deployment = live(dev, release, manager)
    Fleet.objects.filter(prefix=dev.function_prefix).update(running=deployment)
    return release


def handlers(product: Product, version: str, by: User) -> Release:
    """A release of a back end alone."""
    return back_end_only(product, version, by, fleets.release(NAMES, version))


def cell(place: Environment) -> Cell:
    rows = places()
    return cells_of(rows, progress_of(rows))[place.pk]


def flux_test() -> Environment:
    """It calls the same functions as Tim-Combo's test."""
    return Environment.objects.get(product__slug="flux-systems", name="test")


# What is ready


def test_a_back_end_alone_is_ready_beside_the_newest_front_end(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    shown = cell(dev)
    assert (shown.ready_version, shown.ready_back_end) == ("", "1.0.1")
    address = reverse("promote", args=[product.slug, "dev", "1.0.1"])
    assert shown.ready_back_end_url == f"{address}?half=backend"
    ready(product, "1.1.0", manager)
    shown = cell(dev)
    assert (shown.ready_version, shown.ready_back_end) == ("1.1.0", "1.0.1")


def test_a_release_of_both_halves_is_ready_once(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    add_back_end(ready(product, "1.1.0", manager), fleets.release(NAMES, "2"))
    shown = cell(dev)
    assert (shown.ready_version, shown.ready_back_end) == ("1.1.0", "")


def test_the_next_environment_gets_what_went_live_in_the_one_before(
    product: Product, dev: Environment, test: Environment, running: Release, manager: User
) -> None:
    fix = handlers(product, "1.0.1", manager)
    assert cell(test).ready_back_end == ""
    deployment = called(dev, fix, manager)
    assert (cell(test).ready_version, cell(test).ready_back_end) == ("1.0.0", "1.0.1")
    assert cell(dev).ready_back_end == ""
    Deployment.objects.filter(pk=deployment.pk).update(live_at=None)
    assert cell(test).ready_back_end == ""
    Deployment.objects.filter(pk=deployment.pk).update(live_at=datetime.now(UTC))
    mark_bad(actor=manager, release=fix, bad=True, reason="It breaks.")
    assert cell(test).ready_back_end == ""


def test_where_the_one_before_has_no_back_end_the_newest_is_ready_unless_it_is_required(
    product: Product, dev: Environment, test: Environment, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    Environment.objects.filter(pk=dev.pk).update(function_prefix="")
    assert (cell(dev).ready_back_end, cell(test).ready_back_end) == ("", "1.0.1")
    Environment.objects.filter(pk=test.pk).update(requires=dev)
    assert cell(test).ready_back_end == ""


def test_after_a_rollback_only_what_was_registered_since_is_ready_and_the_menu_offers_the_rest(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    for version in ("1.0.1", "1.0.2"):
        called(dev, handlers(product, version, manager), manager)
    goes_live(rollback(actor=manager, environment=dev, reason="It is slow.", half="backend"))
    assert (cell(dev).back_end, cell(dev).ready_back_end) == ("1.0.1", "")
    menu = reverse("cell-menu", args=[product.slug, "dev"])
    assert "back end only" not in visitor(manager).get(menu).text
    release = handlers(product, "1.0.3", manager)
    Release.objects.filter(pk=release.pk).update(created_at=datetime.now(UTC) - timedelta(hours=1))
    assert cell(dev).ready_back_end == ""
    assert "Promote 1.0.3 to dev<small" in visitor(manager).get(menu).text
    Release.objects.filter(pk=release.pk).update(created_at=datetime.now(UTC))
    assert cell(dev).ready_back_end == "1.0.3"


def test_nothing_is_ready_while_a_deployment_is_under_way(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    release = handlers(product, "1.0.1", manager)
    promote(actor=manager, environment=dev, release=release, reason="Why.", half="backend")
    assert cell(dev).ready_back_end == ""


def test_what_is_ready_waits_for_who_may_promote_and_can_be_filtered(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    Environment.objects.exclude(pk=dev.pk).update(distribution_id="")
    page = " ".join(visitor(manager).get(reverse("matrix"), {"show": "ready"}).text.split())
    assert (
        "<b>Tim-Combo 1.0.1</b></a> is ready to go to dev, back end only; the front end stays 1.0.0." in page
    )
    assert 'aria-label="back end 1.0.1 ready"' in page
    assert "Flux Systems</b>" not in page
    assert "is ready to go" not in visitor(person(Role.VIEWER)).get(reverse("matrix")).text


# What runs


def test_a_cell_tells_the_back_end_only_when_it_is_of_another_release(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    assert (cell(dev).version, cell(dev).back_end) == ("1.0.0", "")
    called(dev, handlers(product, "1.0.1", manager), manager)
    assert (cell(dev).version, cell(dev).back_end) == ("1.0.0", "1.0.1")


def test_who_calls_the_same_functions_is_told_whose_release_that_is(
    product: Product, test: Environment, manager: User
) -> None:
    called(test, handlers(product, "1.0.1", manager), manager)
    assert cell(test).back_end == "1.0.1"
    assert cell(flux_test()).back_end == "Tim-Combo 1.0.1"


def test_a_poll_brings_the_cell_of_who_calls_the_same_functions(
    product: Product, test: Environment, manager: User
) -> None:
    began = datetime.now(UTC)
    assert flux_test().pk not in changed_since(places(), began)
    called(test, handlers(product, "1.0.1", manager), manager)
    assert flux_test().pk in changed_since(places(), began)
    assert flux_test().pk not in changed_since(places(), began + timedelta(minutes=1))


def test_a_deployment_of_a_back_end_alone_does_not_say_that_pages_change(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    release = handlers(product, "1.0.1", manager)
    deployment = promote(actor=manager, environment=dev, release=release, reason="Why.", half="backend")
    assert (cell(dev).version, cell(dev).next_version) == ("1.0.0", "back end 1.0.1")
    end(deployment, RunState.FAILED)
    EnvironmentState.objects.filter(environment=dev).update(failed=deployment, active=None)
    assert (cell(dev).state, cell(dev).next_version) == ("failed", "back end 1.0.1")


def test_back_ends_need_no_query_of_their_own(
    product: Product, dev: Environment, test: Environment, running: Release, manager: User
) -> None:
    client = visitor(manager)
    client.get(reverse("matrix"))
    for version in ("1.0.1", "1.0.2"):
        called(dev, handlers(product, version, manager), manager)
    called(test, product.releases.get(version="1.0.1"), manager)
    goes_live(rollback(actor=manager, environment=dev, reason="It is slow.", half="backend"))
    with CaptureQueriesContext(connection) as queries:
        assert "back end 1.0.1" in client.get(reverse("matrix")).text
    assert len(queries) <= 5
