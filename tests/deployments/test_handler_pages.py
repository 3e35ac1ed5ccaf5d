"""What the pages say of back ends: plans and rollbacks, the live grid, releases, environments."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aws.bucket import TokenBucket, open_redis
from aws.errors import Subject
from deployments.handlers import Handlers
from deployments.models import (
    CodeCopy,
    Deployment,
    EnvironmentState,
    Fleet,
    HandlerChange,
    HandlerState,
    KnownFunction,
    Readiness,
)
from deployments.services.promote import promote
from products.models import Account, Environment, Product
from runs.models import Run, RunState, StepLine, StepState
from tests.deployments import fleets
from tests.deployments.back_ends import (
    NAMES,
    add_back_end,
    back_end_only,
    failed_deployment,
    partly_live,
    put_fleet,
)
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from tests.workers import Broker
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


# The live grid


@pytest.fixture
def failed(manager: User) -> Deployment:
    """Its first handler failed, and all were put back."""
    return failed_deployment(manager)


def under_way(deployment: Deployment, step: str) -> None:
    """Its Run works on this step since ten seconds."""
    Run.objects.filter(pk=deployment.run_id).update(state=RunState.RUNNING)
    steps = deployment.run.steps
    at = steps.get(name=step).position
    steps.filter(position__lt=at).update(state=StepState.DONE)
    began = timezone.now() - timedelta(seconds=10)
    steps.filter(position=at).update(state=StepState.RUNNING, done=2, total=3, error="", started_at=began)


def test_every_handler_is_a_square_that_filters_the_log(failed: Deployment, manager: User) -> None:
    text = read(manager, f"/deployments/{failed.pk}/")
    assert 'aria-label="3 handlers: 1 failed and put back, 2 put back.' in text
    assert '<a class="x" href="?log=orders-create" title="orders-create, failed and put back"></a>' in text
    assert '<a class="b" href="?log=orders-get" title="orders-get, put back"></a>' in text
    assert (
        '<a href="?handlers=culprit"><span class="key x"></span><span><span class="num">1</span> failed and put back</span></a>'
        in text
    )
    step = failed.run.steps.get(position=0)
    for line in ("orders-create: refused", "users-get: fine"):
        StepLine.objects.create(step=step, level="info", text=line)
    filtered = read(manager, f"/deployments/{failed.pk}/?log=orders-create")
    assert "orders-create: refused" in filtered
    assert "users-get: fine" not in filtered


def test_handlers_are_listed_by_state_and_the_failed_ones_unasked(failed: Deployment, manager: User) -> None:
    text = read(manager, f"/deployments/{failed.pk}/")
    assert "AWS could not take over its code." in text
    assert f'action="/deployments/{failed.pk}/handlers/orders-create/skip/"' in text
    assert "orders-create/retry/" not in text
    returned = read(manager, f"/deployments/{failed.pk}/?handlers=returned")
    assert "orders-get/skip/" not in returned
    assert 'aria-current="true"><span class="key b">' in returned


def test_a_failed_handler_is_left_out_with_a_reason(failed: Deployment, manager: User) -> None:
    address = f"/deployments/{failed.pk}/handlers/orders-create/skip/"
    assert visitor(manager).post(address, {"reason": ""}).status_code == 422
    assert visitor(manager).post(address, {"reason": "Nobody calls it."}).status_code == 302
    text = read(manager, f"/deployments/{failed.pk}/?handlers=skipped")
    assert "Left out: Nobody calls it." in text
    assert visitor(manager).post(address, {"reason": "Again."}).status_code == 409


def test_who_may_not_steer_is_offered_no_leaving_out(failed: Deployment) -> None:
    viewer = person(Role.VIEWER)
    assert "/skip/" not in read(viewer, f"/deployments/{failed.pk}/")
    address = f"/deployments/{failed.pk}/handlers/orders-create/skip/"
    assert visitor(viewer).post(address, {"reason": "Please."}).status_code == 403


def test_a_failed_handler_is_retried_alone(manager: User) -> None:
    part = partly_live(manager)
    address = f"/deployments/{part.pk}/handlers/orders-create/retry/"
    text = read(manager, f"/deployments/{part.pk}/")
    assert f'formaction="{address}"' in text
    assert "Retry 1 handler<" in text
    assert visitor(manager).post(address, {"reason": ""}).status_code == 422
    assert visitor(manager).post(address, {"reason": "Key mended."}).status_code == 302
    assert visitor(manager).post(address, {"reason": "Again."}).status_code == 409


@pytest.fixture
def halfway(failed: Deployment) -> Deployment:
    """Two handlers are prepared, five calls are left."""
    rows = HandlerChange.objects.filter(deployment=failed)
    rows.update(state=HandlerState.READY, version="2", error="")
    rows.filter(name="users-get").update(state=HandlerState.PENDING, version="")
    Deployment.objects.filter(pk=failed.pk).update(returning=False)
    under_way(failed, "prepare")
    return failed


@pytest.fixture
def queue(halfway: Deployment, broker: Broker, settings: Any) -> TokenBucket:
    """The queue of the account, as nobody has used it."""
    settings.REDIS_URL = broker.url
    account = halfway.environment.backend_account
    assert account is not None
    return TokenBucket(open_redis(broker.url), account.aws_id, account.region)


def test_the_time_left_is_that_of_the_calls_left_at_the_present_pace(
    halfway: Deployment, manager: User, queue: TokenBucket
) -> None:
    rows = HandlerChange.objects.filter(deployment=halfway)
    rows.update(changed_at=timezone.now() - timedelta(minutes=1))
    rows.filter(state=HandlerState.READY).update(changed_at=timezone.now())
    text = read(manager, f"/deployments/{halfway.pk}/")
    assert "prepared, nothing is live yet" in text
    assert "a moment" in text
    assert '<span class="small quiet">Calls left</span><span class="big"><span>5</span></span>' in text
    assert '<span class="small quiet">Rate</span><span class="big"><span>0.4</span></span>' in text
    HandlerChange.objects.filter(deployment=halfway).update(version="", state=HandlerState.PENDING)
    assert "at least, by 15 calls per second" not in read(manager, f"/deployments/{halfway.pk}/")
    queue.throttled(Subject("lambda", "PublishVersion"))
    text = read(manager, f"/deployments/{halfway.pk}/")
    assert re.search(r"slowed to 1[0-2]\.\d, because AWS throttled", text)


@pytest.mark.parametrize(("planned", "seconds"), [(False, 360), (True, 240)])
def test_the_time_left_without_alias_counts_the_watching_of_waves(
    halfway: Deployment, manager: User, queue: TokenBucket, settings: Any, planned: bool, seconds: int
) -> None:
    settings.CONSOLE_WAVE_SECONDS = 120
    Fleet.objects.update(mode="latest")
    rows = HandlerChange.objects.filter(deployment=halfway)
    rows.update(state=HandlerState.PENDING, version="")
    if planned:
        rows.filter(name=NAMES[1]).update(wave=1)
        rows.filter(name=NAMES[2]).update(wave=2)
        rows.filter(name=NAMES[0]).update(state=HandlerState.DONE)
    under_way(halfway, "switch-handlers")
    text = read(manager, f"/deployments/{halfway.pk}/")
    assert f"at least, by 15 calls per second, {seconds} s of them watching waves" in text


def test_without_redis_the_time_left_is_not_known(halfway: Deployment, manager: User, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Redis does not answer" in read(manager, f"/deployments/{halfway.pk}/")


def test_a_poll_keeps_what_was_asked_for(failed: Deployment, manager: User) -> None:
    under_way(failed, "prepare")
    text = read(manager, f"/deployments/{failed.pk}/?handlers=returned&log=orders")
    assert f'hx-get="/deployments/{failed.pk}/progress/?log=orders&amp;handlers=returned"' in text
    assert 'id="d-fleet" hx-swap-oob="true"' in read(manager, f"/deployments/{failed.pk}/progress/")


def test_a_partly_live_back_end_says_so(manager: User) -> None:
    text = read(manager, f"/deployments/{partly_live(manager).pk}/")
    assert "Partly live, failed at" in text
    assert "the API calls 2.0.0, but not all of it" in text


def test_the_grid_of_311_handlers_stays_small(product: Product, test: Environment, manager: User) -> None:
    names = [f"handler-number-{number:03d}" for number in range(311)]
    put_fleet(test, fleets.fleet(names))
    release = back_end_only(product, "2.0.0", manager, fleets.release(names, "2"))
    deployment = promote(actor=manager, environment=test, release=release, reason="Try.", override="Test.")
    page = visitor(manager).get(f"/deployments/{deployment.pk}/progress/").text
    start = page.index('<a class="w"')
    squares = page[start : page.index("</div>", start)]
    assert squares.count("<a ") == 311
    # Each holds its handler's name twice.
    assert len(squares) / 311 - 2 * len(names[0]) < 60


# Releases


def test_a_release_shows_the_handlers_that_differ_from_those_that_run(
    deployed: Deployment, product: Product, manager: User
) -> None:
    mixed = Handlers.of(
        [fleets.handler(NAMES[0], "3"), fleets.handler(NAMES[1], "2"), fleets.handler("new-one")]
    )
    back_end_only(product, "3.0.0", manager, mixed)
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "3; against 2.0.0 2 differ, 1 is the same, 1 is no longer in it" in text
    assert NAMES[0] in text
    assert NAMES[1] not in text
    every = read(manager, "/products/tim-combo/releases/3.0.0/?all=1")
    assert NAMES[1] in every
    assert NAMES[0] not in read(manager, "/products/tim-combo/releases/3.0.0/?q=new")


def test_a_release_without_another_that_runs_shows_all(product: Product, manager: User) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert all(name in text for name in NAMES)
    assert "<b>backend</b>" in text
    assert "3 handlers," in text


def test_a_passport_names_every_stop(product: Product, manager: User) -> None:
    handlers = fleets.release(NAMES, "3")
    back_end_only(product, "3.0.0", manager, handlers)
    sha256 = handlers.by_name[NAMES[0]].sha256
    first = CodeCopy.objects.create(
        account=Account.objects.get(name="development"),
        bucket="tim-dev-lambda",
        key="handlers/one.zip",
        version_id="v-source",
        sha256=sha256,
        size=100,
    )
    CodeCopy.objects.create(
        account=Account.objects.get(name="sandbox"),
        bucket="tim-sb-be-live",
        key="handlers/one.zip",
        version_id="v-copied",
        sha256=sha256,
        size=100,
        copied_from=first,
    )
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "tim-sb-be-live/handlers/one.zip" in text
    assert text.index("v-source") < text.index("v-copied")
    assert '<td role="cell" class="quiet">tim-dev-lambda</td>' in text


def test_a_release_of_a_back_end_can_go_where_there_is_one(product: Product, manager: User) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "/environments/dev/promote/3.0.0/" in text


def test_other_pages_hold_with_a_release_of_a_back_end_alone(
    deployed: Deployment, product: Product, manager: User
) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    for address in (
        "/",
        "/releases/",
        "/deployments/",
        TEST + "/",
        "/products/tim-combo/compare/?left=rel-1.0.0&right=rel-2.0.0",
        "/products/tim-combo/compare/?left=rel-3.0.0&right=env-test",
    ):
        read(manager, address)


# Environments


def test_an_environment_shows_its_back_end(deployed: Deployment, manager: User) -> None:
    text = read(manager, TEST + "/")
    assert '<span class="mono">tim-sb-*</span>, 3 of them' in text
    assert "the API calls the alias live" in text
    assert "3.0 GB of 80.5 GB, 3.7" in text
    assert "Flux Systems" in text
    assert "edited by hand" not in text


def test_an_old_sight_is_amber(deployed: Deployment, manager: User) -> None:
    Fleet.objects.update(observed_at=timezone.now() - timedelta(hours=1))
    assert "Old</span>" in read(manager, TEST + "/")


def test_a_way_back_is_open_closed_or_unknown(deployed: Deployment, test: Environment, manager: User) -> None:
    assert "Nobody has looked since the last deployment." in read(manager, TEST + "/")
    open_way = {"half": "", "to": "1.0.0", "files": [], "handlers": []}
    closed = {"half": "backend", "to": "0.9.0", "files": [], "handlers": ["orders-get: it is gone."]}
    now = timezone.now()
    row = Readiness.objects.create(environment=test, ways=[open_way, closed], seen_at=now, asked_at=now)
    text = read(manager, TEST + "/")
    assert "To 1.0.0" in text
    assert "Back end alone, to 0.9.0" in text
    assert "orders-get: it is gone." in text
    assert text.count("Not open</span>") == 1
    assert "Way back not open" in text
    Readiness.objects.update(ways=[])
    assert "There is nothing to go back to yet." in read(manager, TEST + "/")
    EnvironmentState.objects.update(changed_at=now + timedelta(seconds=1))
    assert "Nobody has looked since the last deployment." in read(manager, TEST + "/")
    row.run = Run.objects.create(kind="readiness", title="Look", state=RunState.FAILED, error="No role.")
    row.save(update_fields=["run"])
    assert "The last look failed: No role." in read(manager, TEST + "/")


def test_what_was_edited_by_hand_can_be_seen_and_put_back(deployed: Deployment, manager: User) -> None:
    KnownFunction.objects.filter(name="orders-get").update(version="1")
    text = read(manager, TEST + "/")
    assert "1 handler was edited by hand." in text
    assert 'live version <span class="mono">1</span> → <span class="mono">2</span>' in text
    assert f'href="{TEST}/promote/2.0.0/?half=backend"' in text


def test_configuration_that_was_edited_is_accepted_and_not_offered_to_be_put_back(
    deployed: Deployment, manager: User
) -> None:
    fleet = Fleet.objects.get()
    fleet.known.filter(name=NAMES[0]).update(memory=512)
    text = read(manager, TEST + "/")
    assert "No deployment puts back orders-create: " in text
    assert "half=backend" not in text
    address = f"{TEST}/back-end/accept/"
    assert f'action="{address}"' in text
    assert "/back-end/accept/" not in read(person(Role.VIEWER), TEST + "/")
    assert visitor(manager).post(address, {"reason": ""}).status_code == 422
    assert visitor(manager).post(address, {"reason": "It needs less."}).status_code == 302
    assert "edited by hand" not in read(manager, TEST + "/")
    refused = visitor(manager).post(address, {"reason": "Again."})
    assert (refused.status_code, "Nothing was accepted." in refused.text) == (409, True)


def test_a_handler_that_what_runs_does_not_hold_is_not_put_back(deployed: Deployment, manager: User) -> None:
    fleet = Fleet.objects.get()
    functions = fleet.functions or {}
    fleet.functions = {**functions, "old-one": {**functions[NAMES[0]], "sha256": "9" * 64}}
    fleet.save()
    fleet.known.create(name="old-one", sha256="8" * 64)
    fleet.known.filter(name=NAMES[1]).update(sha256="7" * 64)
    text = read(manager, TEST + "/")
    assert "2 handlers were edited by hand." in text
    assert "No deployment puts back old-one: " in text
    assert f'href="{TEST}/promote/2.0.0/?half=backend"' in text


def test_whoever_steers_can_have_it_looked_at(test: Environment, manager: User) -> None:
    assert "nobody has looked yet" in read(manager, TEST + "/")
    assert visitor(manager).post(f"{TEST}/look/").status_code == 302
    assert "looking now" in read(manager, TEST + "/")
    assert visitor(manager).post(f"{TEST}/look/").status_code == 409
    viewer = person(Role.VIEWER)
    assert f"{TEST}/look/" not in read(viewer, TEST + "/")
    assert visitor(viewer).post(f"{TEST}/look/").status_code == 403


def test_an_environment_without_a_back_end_shows_none(product: Product, manager: User) -> None:
    unknown = product.environments.filter(function_prefix="").first()
    assert unknown is not None
    assert 'id="back-end"' not in read(manager, f"/products/tim-combo/environments/{unknown.name}/")


def test_a_back_end_alone_can_run_and_be_taken_back(
    product: Product, test: Environment, manager: User
) -> None:
    fleet = put_fleet(test, fleets.fleet(NAMES))
    for version in ("1", "2"):
        release = back_end_only(product, f"{version}.0.0", manager, fleets.release(NAMES, version))
        deployment = promote(
            actor=manager, environment=test, release=release, reason="Try.", override="Test."
        )
        end(deployment, RunState.SUCCEEDED)
        Deployment.objects.filter(pk=deployment.pk).update(live_at=timezone.now())
        Fleet.objects.filter(pk=fleet.pk).update(running=deployment)
        EnvironmentState.objects.update(active=None)
    text = read(manager, TEST + "/")
    assert f'href="{TEST}/rollback/"' in text
    assert "Never deployed" not in text
    assert "calls the handlers of 1.0.0 again" in read(manager, f"{TEST}/rollback/")


# The matrix


def test_a_partly_live_back_end_is_its_own_state(manager: User) -> None:
    part = partly_live(manager)
    EnvironmentState.objects.update(active=None, failed=part)
    matrix = read(manager, "/")
    assert 'data-state="part"' in matrix
    assert "2 of 3 handlers of 2.0.0" in matrix
    assert "2.0.0 is partly live." in read(manager, TEST + "/")
    assert "Partly live" in read(manager, "/deployments/")
