"""Who may not do something is refused before what they sent is read, and that once, on record as what it was."""

import pytest
from django.test import Client

from audit.models import Event
from tests.console.test_api import TIM, Caller, code, zipped
from tests.deployments.back_ends import put_fleet
from tests.deployments.rows import environment, estate, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

DEV = "/products/tim-combo/environments/dev"
FORMS = {
    f"{DEV}/hostnames/": ("hostnames.edit", "dev"),
    f"{DEV}/settings/": ("environment.edit", "dev"),
    f"{DEV}/promote/1.0.0/": ("deployment.promote", "dev"),
    f"{DEV}/rollback/": ("deployment.rollback", "dev"),
    f"{DEV}/back-end/prune/": ("fleet.prune", "dev"),
}


@pytest.fixture(autouse=True)
def manager() -> User:
    made = person(Role.RELEASE_MANAGER)
    product = estate()
    ready(product, "1.0.0", made)
    put_fleet(environment(product, "dev"), {})
    return made


@pytest.fixture
def viewer() -> User:
    return person(Role.VIEWER)


def refused() -> list[tuple[str, str, str]]:
    found = Event.objects.filter(result="refused").order_by("id")
    return [(event.action, event.product, event.environment) for event in found]


@pytest.mark.parametrize("address", FORMS)
def test_a_form_that_does_not_hold_is_refused_all_the_same(viewer: User, address: str) -> None:
    browser: Client = visitor(viewer)
    action, environment = FORMS[address]
    assert browser.post(address, {"reason": ""}).status_code == 403
    assert browser.post(address, {"reason": "x" * 3000}).status_code == 403
    assert refused() == [(action, "tim-combo", environment)] * 2
    assert browser.get(address).status_code == 200


def test_who_may_is_told_what_does_not_hold(manager: User) -> None:
    admin = visitor(person(Role.ADMIN))
    for address in FORMS:
        browser = admin if FORMS[address][0].endswith(".edit") else visitor(manager)
        assert browser.post(address, {"reason": ""}).status_code == 422
    assert refused() == []


def test_an_upload_is_refused_as_a_registration(viewer: User, manager: User) -> None:
    caller = Caller(viewer, ["read", "releases"])
    answer = caller.post(f"{TIM}/releases", version="2.0.0", **{"artifact.any": zipped()})
    assert code(answer) == (403, "forbidden")
    assert refused() == [("release.register", "tim-combo", "")]
    assert code(caller.post(f"{TIM}/releases", {"version": "2.0.0", "artifacts": {}})) == (403, "forbidden")
    last = Event.objects.filter(action="release.register", result="refused").latest("pk")
    assert last.subject == "Tim-Combo 2.0.0"


def test_a_token_that_may_not_even_look_is_refused_on_record(manager: User) -> None:
    scoped = Caller(manager, ["audit"])
    wish = {"version": "1.0.0", "reason": "x"}
    for answer in (
        scoped.post(f"{TIM}/releases", version="2.0.0", **{"artifact.any": zipped()}),
        scoped.post(f"{TIM}/environments/dev/deployments", wish),
    ):
        assert code(answer) == (403, "forbidden")
    assert refused() == [("api.call", "", "")] * 2


def test_a_refused_registration_names_its_version(manager: User) -> None:
    caller = Caller(manager, ["read", "releases"])
    answer = caller.post(f"{TIM}/releases", version="2.0.0", **{"artifact.nowhere": zipped()})
    assert code(answer) == (422, "invalid")
    assert Event.objects.get(result="refused").subject == "Tim-Combo 2.0.0"
