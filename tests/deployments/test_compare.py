"""Comparing the handlers of two releases, or of what two environments run; each difference beside its opposite."""

from collections.abc import Mapping
from time import process_time

import pytest
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from deployments.fleet_planner import Seen
from deployments.handlers import Handlers
from deployments.models import Deployment, EnvironmentState, Fleet, KnownFunction, Release
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import RunState
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, add_back_end, back_end_only, put_fleet
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db
COMPARE = "/products/tim-combo/compare/"
CREATE, GET, USERS = NAMES


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def dev(product: Product) -> Environment:
    return environment(product, "dev")


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


@pytest.fixture
def releases(product: Product, manager: User) -> tuple[Release, Release]:
    """Both with the same pages; 2.0.0 has another `orders-create`, no `orders-get` and a new `users-list`."""
    back_end_only(product, "1.0.0", manager, fleets.release(NAMES))
    new = [fleets.handler(CREATE, "2"), fleets.handler(USERS), fleets.handler("users-list")]
    back_end_only(product, "2.0.0", manager, Handlers.of(new))
    first, second = product.releases.order_by("id")
    return first, second


def read(user: User, left: str, right: str, **more: str) -> str:
    page = visitor(user).get(COMPARE, {"left": left, "right": right, **more})
    assert page.status_code == 200, page.status_code
    return " ".join(page.text.split())


def rows_of(text: str) -> str:
    """The list of handlers."""
    return text.partition('id="handlers"')[2].partition("</section>")[0]


def run(place: Environment, release: Release, by: User, functions: Mapping[str, Seen]) -> Fleet:
    """The release was deployed to the environment's functions, which were last seen like this."""
    KnownFunction.objects.filter(fleet__prefix=place.function_prefix).delete()
    put_fleet(place, functions)
    deployment = promote(
        actor=by, environment=place, release=release, reason="Try.", confirm=place.name, override="Try."
    )
    end(deployment, RunState.SUCCEEDED)
    Deployment.objects.filter(pk=deployment.pk).update(live_at=Now())
    EnvironmentState.objects.filter(environment=place).update(active=None)
    fleet = Fleet.objects.get(account=place.backend_account, prefix=place.function_prefix)
    Fleet.objects.filter(pk=fleet.pk).update(running=deployment)
    return fleet


# Two releases


def test_the_handlers_of_two_releases_are_counted_and_those_that_differ_listed(
    releases: tuple[Release, Release], manager: User
) -> None:
    text = read(manager, "rel-1.0.0", "rel-2.0.0")
    assert "1 added, 1 changed, 1 removed, 1 the same" in text
    assert 'Handlers that differ</span><span class="big">3</span>' in text
    listed = rows_of(text)
    assert 'class="r quiet">changed</td>' in listed
    assert 'class="r quiet">removed</td>' in listed
    assert 'class="r quiet">added</td>' in listed
    assert USERS not in listed
    old, new = (fleets.handler(CREATE, version).sha256 for version in ("1", "2"))
    assert f'<span title="{old}">{old[:8]}</span> → <span title="{new}">{new[:8]}</span>' in listed
    assert "1 added, 1 changed, 1 removed, 1 the same" in read(manager, "rel-2.0.0", "rel-1.0.0")


def test_those_that_are_the_same_are_shown_on_demand_and_all_are_searched(
    releases: tuple[Release, Release], manager: User
) -> None:
    shown = read(manager, "rel-1.0.0", "rel-2.0.0")
    assert "left=rel-1.0.0&amp;right=rel-2.0.0&amp;all=1#handlers" in shown
    every = rows_of(read(manager, "rel-1.0.0", "rel-2.0.0", all="1"))
    assert all(name in every for name in (*NAMES, "users-list"))
    assert '<input type="hidden" name="left" value="rel-1.0.0">' in every
    found = rows_of(read(manager, "rel-1.0.0", "rel-2.0.0", q="ORDERS"))
    assert CREATE in found
    assert GET in found
    assert "users-list" not in found
    nothing = rows_of(read(manager, "rel-1.0.0", "rel-2.0.0", q=USERS))
    assert f"No handler that differs matches “{USERS}”." in nothing


def test_many_handlers_are_shown_on_demand(product: Product, manager: User) -> None:
    names = [f"handler-{number:02d}" for number in range(51)]
    for version in ("1", "2"):
        back_end_only(product, f"{version}.0.0", manager, fleets.release(names, version))
    text = read(manager, "rel-1.0.0", "rel-2.0.0")
    assert rows_of(text).count(" → ") == 50
    assert "Show all 51 handlers" in text
    assert rows_of(read(manager, "rel-1.0.0", "rel-2.0.0", shown="all")).count(" → ") == 51


def test_code_is_compared_by_its_files_and_its_architecture(product: Product, manager: User) -> None:
    one, other = fleets.handler(CREATE, "1", content="c" * 64), fleets.handler(CREATE, "2", content="c" * 64)
    back_end_only(product, "1.0.0", manager, Handlers.of([one]))
    back_end_only(product, "2.0.0", manager, Handlers.of([other]))
    back_end_only(product, "3.0.0", manager, Handlers.of([other._replace(architecture="arm64")]))
    same = read(manager, "rel-1.0.0", "rel-2.0.0")
    assert "They are the same.</b> The code of every handler is equal. Neither has a front end." in same
    changed = read(manager, "rel-2.0.0", "rel-3.0.0")
    assert "They are the same." not in changed
    assert "x86_64 → arm64" in changed


# One half


def test_a_release_of_one_half_says_what_cannot_be_compared(product: Product, manager: User) -> None:
    ready(product, "1.0.0", manager)
    add_back_end(ready(product, "2.0.0", manager), fleets.release(NAMES))
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES))
    front = read(manager, "rel-1.0.0", "rel-2.0.0")
    assert (
        "The handlers were not compared.</b> Release 1.0.0 holds no back end. "
        "So there is nothing to compare the 3 handlers of release 2.0.0 with."
    ) in front
    assert 'id="files"' in front
    assert 'id="handlers"' not in front
    back = read(manager, "rel-2.0.0", "rel-3.0.0")
    assert (
        "The files were not compared.</b> Release 3.0.0 holds no front end. "
        "So there is nothing to compare the 2 files of release 2.0.0 with."
    ) in back
    assert "3 the same" in back
    apart = read(manager, "rel-1.0.0", "rel-3.0.0")
    assert "The files were not compared." in apart
    assert "The handlers were not compared." in apart
    assert not any("They are the same." in text for text in (front, back, apart))


def test_only_what_is_known_to_be_equal_is_called_the_same(product: Product, manager: User) -> None:
    for version in ("1.0.0", "1.0.1"):
        ready(product, version, manager)
    add_back_end(ready(product, "2.0.0", manager), fleets.release(NAMES))
    assert "configuration value is equal. Neither has a back end." in read(manager, "rel-1.0.0", "rel-1.0.0")
    whole = read(manager, "rel-2.0.0", "rel-2.0.0")
    assert "configuration value is equal, and so is the code of every handler." in whole
    assert "They are the same." not in read(manager, "rel-1.0.0", "rel-1.0.1")


def test_an_artifact_for_another_environment_is_named(
    product: Product, dev: Environment, manager: User
) -> None:
    live(dev, ready(product, "1.0.0", manager), manager)
    ready(product, "2.0.0", manager, target="prod")
    assert "the artifact for prod, none for dev, no back end" in read(manager, "rel-2.0.0", "env-dev")
    assert "the artifact for any, no back end" in read(manager, "rel-1.0.0", "env-dev")


# Environments


def test_the_handlers_that_two_environments_call_are_compared(
    releases: tuple[Release, Release], dev: Environment, test: Environment, manager: User
) -> None:
    run(dev, releases[0], manager, fleets.fleet(NAMES))
    run(test, releases[1], manager, fleets.fleet([CREATE], "2") | fleets.fleet([USERS, "users-list"]))
    text = read(manager, "env-dev", "env-test")
    assert "1 added, 1 changed, 1 removed, 1 the same" in text
    assert "front end not known, back end 1.0.0, seen " in text
    assert "front end not known, back end 2.0.0, seen " in text
    assert "No front end was deployed to dev yet, so it is not known what visitors get." in text


def test_an_environment_is_compared_with_a_release(
    releases: tuple[Release, Release], dev: Environment, manager: User
) -> None:
    run(dev, releases[0], manager, fleets.fleet(NAMES))
    assert "1 added, 1 changed, 1 removed, 1 the same" in read(manager, "env-dev", "rel-2.0.0")
    equal = read(manager, "env-dev", "rel-1.0.0")
    assert "3 the same" in equal
    assert 'Handlers that differ</span><span class="big">0</span>' in equal


@pytest.mark.parametrize(
    ("fields", "first", "why"),
    [
        (
            {},
            "It is not known which handlers differ.",
            "No back end was deployed to test yet, so it is not known which release its functions tim-sb-* run.",
        ),
        (
            {"function_prefix": ""},
            "It is not known which handlers differ.",
            "It is not known which functions test calls in the account sandbox: its settings name no prefix of them.",
        ),
        (
            {"function_prefix": "", "backend_account": None},
            "It is not known which handlers differ.",
            "It is not known which back end test calls: its settings name no account for one.",
        ),
        (
            {"function_prefix": "", "backend_account": None, "kind": "static"},
            "The handlers were not compared.",
            "test is a static site without a back end. So there is nothing to compare the 3 handlers of dev with.",
        ),
    ],
)
def test_an_environment_whose_handlers_are_not_known_says_why(
    releases: tuple[Release, Release],
    dev: Environment,
    test: Environment,
    manager: User,
    fields: dict[str, object],
    first: str,
    why: str,
) -> None:
    run(dev, releases[0], manager, fleets.fleet(NAMES))
    put_fleet(test, fleets.fleet(NAMES))
    Environment.objects.filter(pk=test.pk).update(**fields)
    text = read(manager, "env-dev", "env-test")
    assert f"{first}</b> {why}" in text
    assert 'id="handlers"' not in text
    assert "the same" not in text


@pytest.fixture
def running(releases: tuple[Release, Release], dev: Environment, manager: User) -> Fleet:
    """1.0.0 in dev, as it was deployed."""
    return run(dev, releases[0], manager, fleets.fleet(NAMES))


def see(fleet: Fleet, name: str, **fields: object) -> None:
    """The function was last seen like this."""
    fleet.refresh_from_db()
    assert fleet.functions is not None
    fleet.functions[name] |= fields
    fleet.save(update_fields=["functions"])


def test_what_was_last_seen_is_compared_not_what_was_deployed(running: Fleet, manager: User) -> None:
    new = fleets.handler(CREATE, "2").sha256
    see(running, CREATE, live="2", live_sha256=new)
    text = read(manager, "env-dev", "rel-1.0.0")
    assert "1 changed, 2 the same" in text
    assert (
        f"In dev 1 handler is not as 1.0.0 holds it.</b> {CREATE}: changed since 1.0.0 was deployed." in text
    )
    assert "dev: not as its release holds it" in rows_of(text)
    assert "1 added, 1 removed, 2 the same" in read(manager, "env-dev", "rel-2.0.0")
    Deployment.objects.update(partial=True)
    assert f"{CREATE}: 1.0.0 is partly live." in read(manager, "env-dev", "rel-1.0.0")


def test_a_function_without_alias_is_not_known(running: Fleet, manager: User) -> None:
    see(running, CREATE, live="", live_sha256="")
    text = read(manager, "env-dev", "rel-1.0.0")
    assert "2 the same, 1 not known" in text
    assert 'Handlers that differ</span><span class="big">not known</span>' in text
    assert "Of 1 handler it is not known whether the code differs." in text
    assert "dev: it has no alias live, so it is not known what callers get" in rows_of(text)
    assert "2 or more" in read(manager, "env-dev", "rel-2.0.0")


def test_a_function_that_is_gone_and_one_besides_are_told(running: Fleet, manager: User) -> None:
    running.refresh_from_db()
    assert running.functions is not None
    running.functions["legacy"] = running.functions.pop(CREATE)
    running.save(update_fields=["functions"])
    text = read(manager, "env-dev", "rel-1.0.0")
    assert "1 added, 2 the same" in text
    assert f"In dev 1 handler of 1.0.0 has no function.</b> {CREATE}: nobody gets it there." in text
    assert "In dev there is 1 function besides, which 1.0.0 does not hold. It is not compared." in text
    Fleet.objects.filter(pk=running.pk).update(functions=None)
    unseen = read(manager, "env-dev", "rel-1.0.0")
    assert (
        "Nobody has looked at the functions of dev yet: the handlers are those that were deployed." in unseen
    )


def test_a_deployment_under_way_is_told(
    running: Fleet, releases: tuple[Release, Release], dev: Environment, manager: User
) -> None:
    told = "1.0.0 is being deployed to the functions that dev calls.</b> Handlers change meanwhile."
    assert told not in read(manager, "env-dev", "rel-1.0.0")
    promote(actor=manager, environment=dev, release=releases[0], reason="Try.", override="Try.")
    assert told in read(manager, "env-dev", "rel-1.0.0")


def test_environments_that_call_the_same_functions_cannot_differ(
    running: Fleet, dev: Environment, test: Environment, manager: User
) -> None:
    told = "dev and test call the same functions tim-dev-*, so their handlers cannot differ."
    assert told not in read(manager, "env-dev", "rel-1.0.0")
    Environment.objects.filter(pk=test.pk).update(
        backend_account=dev.backend_account, function_prefix=dev.function_prefix
    )
    assert told in read(manager, "env-dev", "env-test")


@pytest.mark.parametrize("count", [3, 311])
def test_queries_are_as_many_for_311_handlers_as_for_three(
    product: Product,
    dev: Environment,
    test: Environment,
    manager: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    names = [f"handler-{at:03d}" for at in range(count)]
    for version, place in (("1", dev), ("2", test)):
        release = back_end_only(product, f"{version}.0.0", manager, fleets.release(names, version))
        run(place, release, manager, fleets.fleet(names, "1"))
    browser, asked = visitor(manager), {"left": "env-dev", "right": "env-test", "all": "1", "shown": "all"}
    browser.get(COMPARE, asked)
    with django_assert_num_queries(18):
        assert f"{count} the same" in browser.get(COMPARE, asked).text


def test_311_handlers_are_compared_quickly(product: Product, manager: User) -> None:
    names = [f"handler-{at:03d}" for at in range(311)]
    for version in ("1", "2"):
        back_end_only(product, f"{version}.0.0", manager, fleets.release(names, version))
    browser, asked = visitor(manager), {"left": "rel-1.0.0", "right": "rel-2.0.0"}
    browser.get(COMPARE, asked)
    started = process_time()
    browser.get(COMPARE, asked)
    assert process_time() - started < 0.1
