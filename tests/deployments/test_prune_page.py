"""Pruning old versions by the page: what it says is due, the click, how it goes and went."""

import pytest

from audit.models import Event
from deployments.models import Fleet
from products.models import Environment, Product
from runs.models import Run, RunScope, RunState
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, put_fleet
from tests.deployments.rows import environment, estate
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

TEST = "/products/tim-combo/environments/test/"
PAGE = f"{TEST}back-end/prune/"


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def test(product: Product) -> Environment:
    return environment(product, "test")


@pytest.fixture
def fleet(test: Environment) -> Fleet:
    """Eight versions of the first function are known, whose alias names the second, and five of the next."""
    functions = fleets.fleet(NAMES[1:]) | {NAMES[0]: fleets.seen(name=NAMES[0], live="2")}
    fleet = put_fleet(test, functions)
    for name, count in ((NAMES[0], 8), (NAMES[1], 5)):
        for number in range(1, count + 1):
            fleet.versions.create(name=name, number=number, sha256="0" * 64)
    return fleet


def read(user: User, address: str = PAGE) -> str:
    page = visitor(user).get(address)
    assert page.status_code == 200
    return " ".join(page.text.split())


def numbers(text: str) -> list[str]:
    """Due, and staying."""
    return [part.partition("<")[0] for part in text.split('<span class="big">')[1:3]]


def started(fleet: Fleet, **fields: object) -> Run:
    """The newest pruning, as the runner would have left it."""
    run = Run.objects.latest("id")
    assert (run.kind, run.scope_names) == ("prune-versions", [fleet.scope])
    Run.objects.filter(pk=run.pk).update(**fields)
    if fields.get("state") not in (None, RunState.RUNNING):
        RunScope.objects.filter(run=run).delete()
    return run


def test_the_environments_page_leads_there_where_code_storage_is_shown(fleet: Fleet, manager: User) -> None:
    link = f'80.5 GB, 3.7 %<br><a href="{PAGE}">Prune old versions</a></dd>'
    assert link in read(manager, TEST).replace("\u2009", " ").replace("\xa0", " ")
    assert PAGE not in read(person(Role.VIEWER), TEST)


def test_it_counts_what_is_known_to_be_due(fleet: Fleet, manager: User) -> None:
    text = read(manager)
    # Of versions 1 to 8, 4 to 8 are the newest five and 2 is what the alias names.
    assert numbers(text) == ["2", "11"]
    assert "versions of 1 function, as last seen" in text
    assert "of 13 that the console knows of" in text
    assert "The newest 5 of each function stay, and those that an alias names." in text
    assert "there may be more or fewer" in text
    assert "Flux Systems dev, Flux Systems test call them, too." in text
    fleet.versions.filter(name=NAMES[0], number=3).update(gone=True)
    assert numbers(read(manager)) == ["1", "11"]


def test_nothing_is_offered_where_no_function_has_many_versions(fleet: Fleet, manager: User) -> None:
    assert "They were not pruned yet." in read(manager)
    assert 'type="submit" data-working' in read(manager)
    fleet.versions.filter(name=NAMES[0], number__gt=5).delete()
    text = read(manager)
    assert numbers(text) == ["0", "10"]
    assert "No function has more than 5 versions that the console knows of." in text
    assert 'type="submit" data-working' not in text


def test_a_reason_starts_it_and_goes_on_record(fleet: Fleet, manager: User) -> None:
    browser = visitor(manager)
    assert browser.post(PAGE, {"reason": " "}).status_code == 422
    assert not Run.objects.filter(kind="prune-versions").exists()
    answer = browser.post(PAGE, {"reason": "Code storage is full."})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    event = Event.objects.get(action="fleet.prune")
    assert (event.actor_name, event.reason) == (manager.username, "Code storage is full.")
    assert started(fleet).url == PAGE


def test_it_is_watched_while_it_is_under_way(fleet: Fleet, manager: User) -> None:
    visitor(manager).post(PAGE, {"reason": "Full."})
    text = read(manager)
    assert f'hx-get="{PAGE}progress/"' in text
    assert "Queued</span>" in text
    assert "They are being pruned." in text
    run = started(fleet, state=RunState.RUNNING)
    run.steps.update(done=3, total=4, note="21 versions deleted")
    moved = read(manager, f"{PAGE}progress/")
    assert "<dd>21 versions deleted</dd>" in moved
    assert '<progress max="4" value="3"' in moved
    assert 'id="pr-last" hx-swap-oob="true"' in moved
    run.steps.update(error="The pace is not known.")
    assert "The pace is not known." in read(manager)


def test_somebody_who_is_later_is_told_what_is_in_the_way(fleet: Fleet, manager: User) -> None:
    browser = visitor(manager)
    browser.post(PAGE, {"reason": "Full."})
    answer = browser.post(PAGE, {"reason": "Full, too."})
    assert answer.status_code == 409
    assert "Nothing was started.</b> Prune versions of tim-sb-*" in answer.text
    assert f'href="{PAGE}">Watch it</a>' in answer.text
    assert Run.objects.filter(kind="prune-versions").count() == 1


def test_while_a_deployment_holds_the_functions_the_reason_is_kept(fleet: Fleet, manager: User) -> None:
    deployment = Run.objects.create(kind="back-end", title="Promote 2.0.0", url="/deployments/7/")
    RunScope.objects.create(scope=fleet.scope, run=deployment)
    answer = visitor(manager).post(PAGE, {"reason": "Full, too."})
    assert answer.status_code == 409
    assert 'href="/deployments/7/">Watch it</a>' in answer.text
    assert "Full, too.</textarea>" in answer.text
    assert not Run.objects.filter(kind="prune-versions").exists()


def test_the_last_one_is_told_with_its_result(fleet: Fleet, manager: User) -> None:
    visitor(manager).post(PAGE, {"reason": "Full."})
    run = started(fleet, state=RunState.SUCCEEDED)
    run.steps.update(output={"deleted": 1, "functions": 1}, done=1, total=1, note="1 versions deleted")
    text = read(manager)
    assert "<dd>1 version deleted</dd>" in text
    assert f"<dd>{manager.display_name} " in text
    assert f'hx-get="{PAGE}' not in text
    assert 'type="submit" data-working' in text


def test_one_that_failed_tells_why_and_what_it_came_to(fleet: Fleet, manager: User) -> None:
    visitor(manager).post(PAGE, {"reason": "Full."})
    run = started(fleet, state=RunState.FAILED, error="The role may not delete.")
    assert "<dd>not known<small" in read(manager)
    run.steps.update(note="21 versions deleted", done=3, total=9)
    text = read(manager)
    assert "<dd>21 versions deleted<small" in text
    assert "The role may not delete." in text
    assert "the next pruning goes on with the rest" in text
    assert 'type="submit" data-working' in text


def test_who_may_not_steer_is_shown_and_refused(fleet: Fleet) -> None:
    viewer = person(Role.VIEWER)
    assert "Only a release manager may do this." in read(viewer)
    assert visitor(viewer).post(PAGE, {"reason": "Please."}).status_code == 403
    assert not Run.objects.filter(kind="prune-versions").exists()
    assert Event.objects.get(action="fleet.prune").result == "refused"


def test_without_functions_there_is_no_such_page(product: Product, manager: User) -> None:
    assert visitor(manager).get(PAGE).status_code == 404
    assert PAGE not in read(manager, TEST)
