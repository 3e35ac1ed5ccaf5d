"""What people decide about single handlers of a failed deployment: leave them out, try the others again."""

import pytest
from django.utils import timezone

from audit.models import Event
from aws.functions import Function
from deployments.fleet_planner import calls_left, seconds_left
from deployments.models import Deployment, Fleet, HandlerChange, HandlerState
from deployments.pages.grid import grid_of
from deployments.selectors.fleets import edited_by_hand
from deployments.services.edits import accept_edits
from deployments.services.handlers import skip_handler
from deployments.services.observe import look_at
from deployments.services.steer import retry, retry_handler
from deployments.steps.fleets.handler import Left
from deployments.steps.fleets.rows import see_again
from products.models import Product
from runs import ending
from runs.models import Run, RunState, StepState
from runs.services import Busy
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, failed_deployment, partly_live, put_fleet
from tests.deployments.rows import environment, estate
from tests.examples import person
from users.models import User
from users.permissions import Role
from users.refusals import Invalid, Missing, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def failed(manager: User) -> Deployment:
    """Its first handler failed, and the others were put back."""
    return failed_deployment(manager)


def states(deployment: Deployment) -> list[str]:
    return list(HandlerChange.objects.filter(deployment=deployment).values_list("state", flat=True))


def test_a_failed_handler_is_left_out_with_a_reason(manager: User, failed: Deployment) -> None:
    skip_handler(actor=manager, deployment=failed, name=NAMES[0], reason="Nobody calls it.")
    row = HandlerChange.objects.get(deployment=failed, name=NAMES[0])
    assert (row.state, row.note) == (HandlerState.SKIPPED, "Nobody calls it.")
    assert row.error


def test_only_a_failed_handler_can_be_left_out(manager: User, failed: Deployment) -> None:
    with pytest.raises(WrongState, match=f"{NAMES[1]} has not failed; it is put back"):
        skip_handler(actor=manager, deployment=failed, name=NAMES[1], reason="Why not.")
    with pytest.raises(Missing, match="no handler elsewhere"):
        skip_handler(actor=manager, deployment=failed, name="elsewhere", reason="Why not.")
    with pytest.raises(Invalid):
        skip_handler(actor=manager, deployment=failed, name=NAMES[0], reason=" ")


def test_only_a_failed_deployment_leaves_handlers_out(manager: User, failed: Deployment) -> None:
    Run.objects.filter(pk=failed.run_id).update(state=RunState.RUNNING)
    with pytest.raises(WrongState, match="has not failed; it is running"):
        skip_handler(actor=manager, deployment=failed, name=NAMES[0], reason="Too slow.")


def test_a_retry_takes_up_what_failed_or_was_put_back(manager: User, failed: Deployment) -> None:
    retry(actor=manager, deployment=failed, reason="The key is there again.")
    assert states(failed) == [HandlerState.PENDING, HandlerState.READY, HandlerState.READY]
    assert not HandlerChange.objects.filter(deployment=failed).exclude(error="").exists()
    failed.refresh_from_db()
    assert not failed.returning


def test_one_failed_handler_is_tried_again_alone(manager: User) -> None:
    part = partly_live(manager)
    rows = HandlerChange.objects.filter(deployment=part)
    rows.filter(name=NAMES[1]).update(state=HandlerState.FAILED, error="AWS could not take over its code.")
    retry_handler(actor=manager, deployment=part, name=NAMES[0], reason="The key is there again.")
    assert states(part) == [HandlerState.PENDING, HandlerState.FAILED, HandlerState.DONE]
    part.run.refresh_from_db()
    assert part.run.state == RunState.QUEUED
    event = Event.objects.latest("pk")
    assert (event.action, event.reason) == ("handler.retry", "The key is there again.")
    assert NAMES[0] in event.summary


def test_only_a_failed_handler_of_a_failed_deployment_is_tried_again_alone(manager: User) -> None:
    part = partly_live(manager)

    def again(name: str, reason: str = "Why not.") -> None:
        retry_handler(actor=manager, deployment=part, name=name, reason=reason)

    with pytest.raises(WrongState, match=f"{NAMES[1]} has not failed; it is live"):
        again(NAMES[1])
    with pytest.raises(Missing, match="no handler elsewhere"):
        again("elsewhere")
    with pytest.raises(Invalid):
        again(NAMES[0], " ")
    Deployment.objects.filter(pk=part.pk).update(returning=True)
    with pytest.raises(WrongState, match=f"were put back, so {NAMES[0]} is not tried again alone"):
        again(NAMES[0])
    Run.objects.filter(pk=part.run_id).update(state=RunState.RUNNING)
    with pytest.raises(WrongState, match="has not failed; it is running"):
        again(NAMES[0])
    assert states(part) == [HandlerState.FAILED, HandlerState.DONE, HandlerState.DONE]


def test_a_retry_leaves_out_what_a_person_left_out(manager: User, failed: Deployment) -> None:
    skip_handler(actor=manager, deployment=failed, name=NAMES[0], reason="Nobody calls it.")
    retry(actor=manager, deployment=failed, reason="Without that one.")
    assert states(failed) == [HandlerState.SKIPPED, HandlerState.READY, HandlerState.READY]


@pytest.mark.parametrize(
    ("mode", "calls"), [("alias", 3 + 3 + 1), ("latest", 3)], ids=["by alias", "without alias"]
)
def test_calls_left_are_those_of_handlers_under_way(mode: str, calls: int) -> None:
    handlers = [
        ("pending", ""),
        ("updating", ""),
        ("ready", "7"),
        ("done", "7"),
        ("failed", ""),
        ("skipped", ""),
    ]
    assert calls_left(mode, handlers) == calls  # type: ignore[arg-type]


def test_what_was_done_is_put_back_by_one_call_each() -> None:
    handlers = [("done", "7"), ("updating", "7"), ("returned", "7"), ("pending", ""), ("skipped", "")]
    assert calls_left("alias", handlers, returning=True) == 2


def test_time_is_shared_fairly_with_the_calls_of_others() -> None:
    assert seconds_left(300, [], 15) == 20
    assert seconds_left(300, [30, 900], 10) == 63


@pytest.fixture
def product() -> Product:
    return estate()


def test_one_look_at_a_time(product: Product, manager: User) -> None:
    test = environment(product, "test")
    run = look_at(actor=None, environment=test)
    assert run.scope_names == ["observe:455510265254/tim-sb-"]
    with pytest.raises(Busy):
        look_at(actor=manager, environment=test)


def test_without_a_back_end_there_is_nothing_to_look_at(product: Product) -> None:
    test = environment(product, "test")
    test.function_prefix = ""
    with pytest.raises(WrongState, match="function prefix"):
        look_at(actor=None, environment=test)


def test_a_function_made_anew_since_the_last_look_is_left_to_the_next(product: Product) -> None:
    test = environment(product, "test")
    fleet = put_fleet(test, fleets.fleet(NAMES[:1]))
    made = Function(
        name=f"tim-sb-{NAMES[1]}",
        version="$LATEST",
        sha256="0" * 64,
        size=100,
        runtime="nodejs20.x",
        memory=256,
        architecture="x86_64",
        keys=(),
        revision="1",
        status="Successful",
        reason="",
    )
    see_again(fleet, {NAMES[1]: Left(made)})
    fleet.refresh_from_db()
    assert list(fleet.functions or {}) == list(NAMES[:1])


@pytest.fixture
def edited(product: Product) -> Fleet:
    """Two functions were edited by hand: the memory of one, the code of the other."""
    fleet = put_fleet(environment(product, "test"), fleets.fleet(NAMES))
    fleet.known.filter(name=NAMES[0]).update(memory=512)
    fleet.known.filter(name=NAMES[1]).update(sha256="0" * 64)
    return fleet


def test_what_was_edited_by_hand_is_accepted_by_name_or_whole(
    product: Product, edited: Fleet, manager: User
) -> None:
    test = environment(product, "test")
    assert accept_edits(actor=manager, environment=test, reason="Meant.", names=[NAMES[0]]) == [NAMES[0]]
    event = Event.objects.latest("pk")
    assert (event.action, event.reason) == ("fleet.accept", "Meant.")
    assert (event.before, event.after) == (
        {NAMES[0]: {"memory": "512 MB"}},
        {NAMES[0]: {"memory": "256 MB"}},
    )
    assert list(edited_by_hand(edited)) == [NAMES[1]]
    assert accept_edits(actor=manager, environment=test, reason="This, too.") == [NAMES[1]]
    assert not edited_by_hand(edited)


def test_only_what_was_edited_is_accepted_and_with_a_reason(
    product: Product, edited: Fleet, manager: User
) -> None:
    test = environment(product, "test")
    with pytest.raises(Invalid):
        accept_edits(actor=manager, environment=test, reason=" ")
    with pytest.raises(Missing, match=NAMES[2]):
        accept_edits(actor=manager, environment=test, reason="Why not.", names=[NAMES[0], NAMES[2]])
    assert len(edited_by_hand(edited)) == 2
    with pytest.raises(WrongState, match="Nobody has looked"):
        accept_edits(actor=manager, environment=environment(product, "dev"), reason="Why not.")


def test_what_a_worker_that_died_had_begun_is_not_under_way_for_ever(manager: User) -> None:
    part = partly_live(manager)
    HandlerChange.objects.filter(deployment=part, name=NAMES[1]).update(state=HandlerState.UPDATING)
    steps = part.run.steps
    steps.filter(position=0).update(state=StepState.RUNNING, started_at=timezone.now())
    ending.end(part.run, RunState.CANCELLED)
    step = steps.get(position=0)
    assert step.state == StepState.PENDING
    assert step.ended_at
    assert states(part) == [HandlerState.FAILED, HandlerState.PENDING, HandlerState.DONE]
    grid = grid_of(Deployment.objects.select_related("run", "environment").get(pk=part.pk))
    assert grid is not None
    assert grid.in_words == "3 handlers: 1 failed, 1 done, 1 not reached"
