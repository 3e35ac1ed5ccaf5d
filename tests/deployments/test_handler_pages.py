"""What the pages say of back ends: plans and rollbacks, the live grid, releases, environments."""

import pytest

from deployments.handlers import Handlers
from deployments.models import Deployment, HandlerChange, HandlerState
from products.models import Environment, Product
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, add_back_end, back_end_only, put_fleet
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

TEST = "/products/tim-combo/environments/test"


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


def read(user: User, address: str) -> str:
    page = visitor(user).get(address)
    assert page.status_code == 200, page.status_code
    return " ".join(page.text.split())


def both(product: Product, version: str, by: User, handlers: Handlers) -> None:
    """A release of front end and back end."""
    add_back_end(ready(product, version, by), handlers)


# Plans


def test_a_plan_counts_and_names_the_handlers_that_change(
    product: Product, test: Environment, manager: User
) -> None:
    put_fleet(test, {**fleets.fleet(NAMES), "old-one": fleets.seen(name="old-one")})
    both(
        product,
        "2.0.0",
        manager,
        Handlers.of([*fleets.release(NAMES[:2], "2").all, fleets.handler(NAMES[2])]),
    )
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert '<b class="num">2 handlers</b> change' in text
    assert "2 changed, 1 the same, 1 not in the release; the API calls the alias live" in text
    assert text.count("update, publish, switch") == 2
    assert '<span class="num">6</span> calls to Lambda, which takes at least under 1 s' in text
    assert 'href="#handlers">Handlers <span class="num">2</span>' in text


def test_without_an_alias_a_plan_does_not_promise_that_all_is_in_place_first(
    product: Product, test: Environment, manager: User
) -> None:
    put_fleet(test, fleets.fleet(NAMES, live=""), mode="latest")
    both(product, "2.0.0", manager, fleets.release(NAMES, "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert "the API calls $LATEST" in text
    assert "Nothing goes live before everything is in place." not in text
    assert "This is not atomic: 3 handlers" in text


def test_what_was_edited_by_hand_is_shown_field_by_field(
    product: Product, test: Environment, manager: User
) -> None:
    fleet = put_fleet(test, fleets.fleet(NAMES))
    fleet.known.filter(name=NAMES[0]).update(memory=512)
    both(product, "2.0.0", manager, fleets.release(NAMES, "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert (
        'edited by hand: memory <span class="mono">512 MB</span> → <span class="mono">256 MB</span>' in text
    )


@pytest.mark.parametrize(("count", "shown"), [(12, 12), (13, 8)])
def test_many_handlers_are_shown_on_demand(
    product: Product, test: Environment, manager: User, count: int, shown: int
) -> None:
    names = [f"handler-{number:02d}" for number in range(count)]
    put_fleet(test, fleets.fleet(names))
    both(product, "2.0.0", manager, fleets.release(names, "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert text.count("update, publish, switch") == shown
    assert ("?handlers=all#handlers" in text) is (shown < count)
    assert read(manager, f"{TEST}/promote/2.0.0/?handlers=all").count("update, publish, switch") == count


def test_one_half_may_go_alone_with_a_warning(product: Product, test: Environment, manager: User) -> None:
    put_fleet(test, fleets.fleet(NAMES))
    both(product, "2.0.0", manager, fleets.release(NAMES, "2"))
    whole = read(manager, f"{TEST}/promote/2.0.0/")
    assert '<a href="?half=backend">Back end only</a>' in whole
    assert "Only one half goes." not in whole
    back = read(manager, f"{TEST}/promote/2.0.0/?half=backend")
    assert "Only one half goes." in back
    assert 'id="files"' not in back
    assert 'id="paths"' not in back
    assert "The API of <b>Tim-Combo test</b> gets the handlers of 2.0.0" in back
    assert 'name="half" value="backend"' in back
    front = read(manager, f"{TEST}/promote/2.0.0/?half=frontend")
    assert "may call handlers that are not there yet" in front
    assert 'id="handlers"' not in front


def test_a_release_of_one_half_offers_no_choice(product: Product, test: Environment, manager: User) -> None:
    put_fleet(test, fleets.fleet(NAMES))
    back_end_only(product, "2.0.0", manager, fleets.release(NAMES, "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert "half=" not in text
    assert "Pages and assets stay as they are" in text


def test_a_fleet_that_nobody_looked_at_is_a_check_that_is_not_met(
    product: Product, test: Environment, manager: User
) -> None:
    both(product, "2.0.0", manager, fleets.release(NAMES, "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    assert "Nobody has looked at the functions tim-sb-* yet." in text
    assert 'aria-describedby="refused"' in text


# Rollbacks


@pytest.fixture
def deployed(product: Product, test: Environment, manager: User) -> Deployment:
    """1.0.0 and then 2.0.0 of both halves went live in test; the old versions are published."""
    fleet = put_fleet(test, fleets.fleet(NAMES))
    for version in ("1", "2"):
        release = ready(product, f"{version}.0.0", manager)
        add_back_end(release, fleets.release(NAMES, version))
        deployment = live(test, release, manager)
        HandlerChange.objects.filter(deployment=deployment).update(state=HandlerState.DONE)
        put_back = {name: fleets.seen(version, name=name, live=version) for name in NAMES}
        fleet.known.all().delete()
        put_fleet(test, put_back, running=deployment)
        for name in NAMES:
            fleet.versions.create(name=name, number=int(version), sha256=put_back[name].sha256, memory=256)
    return deployment


def test_a_rollback_of_both_halves_only_switches(deployed: Deployment, manager: User) -> None:
    text = read(manager, f"{TEST}/rollback/")
    assert text.count("switch to version 1") == 3
    assert "3 calls for 3 handlers; at most" in text
    assert '<a href="?half=backend">Back end only</a>' in text


def test_a_rollback_of_the_back_end_alone(deployed: Deployment, manager: User) -> None:
    text = read(manager, f"{TEST}/rollback/?half=backend")
    assert "The API of <b>Tim-Combo test</b> calls the handlers of 1.0.0 again" in text
    assert "the API no longer calls 2.0.0" in text
    assert "Only one half goes." in text


def test_a_rollback_of_the_front_end_alone(deployed: Deployment, manager: User) -> None:
    text = read(manager, f"{TEST}/rollback/?half=frontend")
    assert 'id="handlers"' not in text
    assert "may call handlers that are not there yet" in text
