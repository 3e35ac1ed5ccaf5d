"""What is offered where one promotes: a release with its front end, and a back end alone beside it."""

import pytest

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
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

PLACES = "/products/tim-combo/environments"


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def dev(product: Product) -> Environment:
    place = environment(product, "dev")
    put_fleet(place, fleets.fleet(NAMES))
    return place


@pytest.fixture
def test(product: Product) -> Environment:
    place = environment(product, "test")
    put_fleet(place, fleets.fleet(NAMES))
    return place


@pytest.fixture
def running(product: Product, dev: Environment, manager: User) -> Release:
    """1.0.0 of both halves runs in dev."""
    release = ready(product, "1.0.0", manager)
    add_back_end(release, fleets.release(NAMES, "1"))
    Fleet.objects.filter(prefix=dev.function_prefix).update(running=live(dev, release, manager))
    return release


def handlers(product: Product, version: str, by: User) -> Release:
    """A release of a back end alone."""
    return back_end_only(product, version, by, fleets.release(NAMES, version))


def both(product: Product, version: str, by: User) -> Release:
    release = ready(product, version, by)
    add_back_end(release, fleets.release(NAMES, version))
    return release


def read(user: User, path: str) -> str:
    page = visitor(user).get(f"{PLACES}/{path}")
    assert page.status_code == 200
    return " ".join(page.text.split())


def offered(user: User, name: str) -> list[str]:
    """The versions of which the back end alone is offered, by the page and by the menu of the cell, which agree."""
    page, menu = read(user, f"{name}/"), read(user, f"{name}/menu/")
    found = [
        {
            part.partition("/")[0]
            for part in text.split(f"{PLACES}/{name}/promote/")[1:]
            if "half=backend" in part[:60]
        }
        for text in (page, menu)
    ]
    assert found[0] == found[1]
    return sorted(found[0])


def test_a_back_end_alone_is_offered_beside_the_newest_front_end(
    product: Product, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    page, menu = read(manager, "dev/"), read(manager, "dev/menu/")
    assert f'href="{PLACES}/dev/promote/1.0.1/?half=backend" data-key="p"' in page
    assert "Promote 1.0.1 to dev, back end only</a>" in page
    assert '1.0.1, back end only<small class="under">The front end stays 1.0.0.</small>' in page
    assert 'Promote 1.0.1 to dev<small class="under">back end only, the front end stays 1.0.0</small>' in menu
    ready(product, "1.1.0", manager)
    page = read(manager, "dev/")
    assert f'class="btn btn-primary" href="{PLACES}/dev/promote/1.1.0/" data-key="p"' in page
    assert f'class="btn btn-plain" href="{PLACES}/dev/promote/1.0.1/?half=backend"' in page


def test_what_is_offered_is_the_plan_of_the_back_end_alone(
    product: Product, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    plan = read(manager, "dev/promote/1.0.1/?half=backend")
    assert "moves from the handlers of 1.0.0 to those of 1.0.1" in plan
    assert "Pages stay as they are." in plan


def test_without_a_back_end_there_is_no_offer_of_one(
    product: Product, running: Release, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    assert offered(manager, "dev") == ["1.0.1"]
    Environment.objects.filter(product=product, name="dev").update(function_prefix="")
    assert offered(manager, "dev") == []
    assert offered(manager, "stage") == []


def test_only_what_is_newer_than_what_the_api_calls_is_offered(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    older, newer = handlers(product, "1.0.1", manager), handlers(product, "1.0.2", manager)
    called(dev, newer, manager)
    assert offered(manager, "dev") == []
    called(dev, older, manager)
    assert offered(manager, "dev") == ["1.0.2"]
    mark_bad(actor=manager, release=newer, bad=True, reason="It breaks.")
    assert offered(manager, "dev") == []


def test_a_back_end_that_nobody_deployed_before_is_offered(
    product: Product, dev: Environment, manager: User
) -> None:
    handlers(product, "1.0.1", manager)
    assert offered(manager, "dev") == ["1.0.1"]
    assert "1.0.1, back end only</dd>" in read(manager, "dev/")
    Fleet.objects.all().delete()
    assert offered(manager, "dev") == ["1.0.1"]


def test_a_release_of_both_halves_is_one_offer_until_its_back_end_is_left_behind(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    release = both(product, "1.1.0", manager)
    assert "Promote 1.1.0 to dev</a>" in read(manager, "dev/")
    assert offered(manager, "dev") == []
    pages = promote(actor=manager, environment=dev, release=release, reason="Pages.", half="frontend")
    end(pages, RunState.SUCCEEDED)
    EnvironmentState.objects.update(running=pages, live=pages, active=None)
    assert offered(manager, "dev") == ["1.1.0"]


def test_what_a_rollback_left_is_not_offered_again(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    first, left = handlers(product, "1.0.1", manager), handlers(product, "1.0.2", manager)
    called(dev, first, manager)
    called(dev, left, manager)
    goes_live(rollback(actor=manager, environment=dev, reason="It is slow.", half="backend"))
    assert offered(manager, "dev") == []
    handlers(product, "1.0.3", manager)
    assert offered(manager, "dev") == ["1.0.3"]


def test_a_required_environment_comes_first(
    product: Product, dev: Environment, test: Environment, running: Release, manager: User
) -> None:
    Environment.objects.filter(pk=test.pk).update(requires=dev)
    fix = handlers(product, "1.0.1", manager)
    assert "Promote 1.0.0 to test</a>" in read(manager, "test/")
    assert offered(manager, "test") == []
    called(dev, fix, manager)
    assert offered(manager, "test") == ["1.0.1"]


def test_what_did_not_go_live_where_that_is_required_is_not_offered(
    product: Product, dev: Environment, test: Environment, manager: User
) -> None:
    Environment.objects.filter(pk=test.pk).update(requires=dev)
    release = handlers(product, "1.0.1", manager)
    deployment = called(dev, release, manager)
    assert offered(manager, "test") == ["1.0.1"]
    mark_bad(actor=manager, release=release, bad=True, reason="It breaks.")
    assert offered(manager, "test") == []
    mark_bad(actor=manager, release=release, bad=False, reason="It does not.")
    rows = Deployment.objects.filter(pk=deployment.pk)
    rows.update(environment=environment(product, "stage"))
    assert offered(manager, "test") == []
    rows.update(environment=dev, live_at=None)
    assert offered(manager, "test") == []


def test_without_a_required_environment_the_newest_is_offered_where_nothing_newer_comes_before(
    product: Product, dev: Environment, test: Environment, running: Release, manager: User
) -> None:
    called(test, running, manager)
    handlers(product, "1.0.1", manager)
    assert offered(manager, "test") == ["1.0.1"]


def test_who_may_not_promote_is_offered_nothing(product: Product, running: Release, manager: User) -> None:
    handlers(product, "1.0.1", manager)
    viewer = person(Role.VIEWER)
    assert offered(viewer, "dev") == []
    assert "back end only" not in read(viewer, "dev/")


def test_an_environment_says_when_its_back_end_is_of_another_release(
    product: Product, dev: Environment, running: Release, manager: User
) -> None:
    assert "· runs" not in read(manager, "dev/")
    called(dev, handlers(product, "1.0.1", manager), manager)
    page = read(manager, "dev/")
    assert "· runs 1.0.0, back end 1.0.1</p>" in page
    assert "Promoted, back end only, by" in page
    assert f"Promoted by {manager.display_name}" in page


def test_a_back_end_of_another_product_is_named_with_it(
    product: Product, test: Environment, manager: User
) -> None:
    called(test, handlers(product, "1.0.1", manager), manager)
    page = visitor(manager).get("/products/flux-systems/environments/test/").text
    assert "· runs back end Tim-Combo 1.0.1</p>" in page
