"""What the pages say of a back end on its way: plans and rollbacks, the live grid."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aws.bucket import TokenBucket, open_redis
from aws.errors import Subject
from deployments.handlers import Handlers
from deployments.models import (
    Deployment,
    Fleet,
    HandlerChange,
    HandlerState,
)
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import Run, RunState, StepLine, StepState
from tests.deployments import fleets
from tests.deployments.back_ends import (
    NAMES,
    back_end_only,
    both,
    failed_deployment,
    partly_live,
    put_fleet,
    read,
)
from tests.examples import person
from tests.users.rows import visitor
from tests.workers import Broker
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

TEST = "/products/tim-combo/environments/test"


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


def test_a_plan_reckons_with_the_room_left_for_others(
    product: Product, test: Environment, manager: User, settings: Any
) -> None:
    settings.CONSOLE_LAMBDA_SHARE = 0.1
    put_fleet(test, fleets.fleet(NAMES))
    both(product, "2.0.0", manager, fleets.release(NAMES[:2], "2"))
    text = read(manager, f"{TEST}/promote/2.0.0/")
    told = re.search(r"takes at least ([^:]+): ([^<]+)<", text)
    assert told
    assert told.groups() == (
        "4 s",
        "per second and account, AWS allows 15, of which the console takes 1.5.",
    )


def test_leaving_room_for_other_callers_is_no_throttle(
    halfway: Deployment, manager: User, queue: TokenBucket, settings: Any
) -> None:
    settings.CONSOLE_LAMBDA_SHARE = 0.5
    text = read(manager, f"/deployments/{halfway.pk}/")
    assert "calls per second; AWS allows 15, of which the console takes 7.5<" in text
    HandlerChange.objects.filter(deployment=halfway).update(version="", state=HandlerState.PENDING)
    Fleet.objects.update(mode="latest")
    under_way(halfway, "switch-handlers")
    assert "at least, by 7.5 calls per second" in read(manager, f"/deployments/{halfway.pk}/")


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
