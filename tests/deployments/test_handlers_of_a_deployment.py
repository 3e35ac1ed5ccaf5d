"""What people decide about single handlers of a failed deployment: leave them out, try the others again."""

import pytest

from aws.functions import Function
from deployments.fleet_planner import calls_left
from deployments.models import Deployment, HandlerChange, HandlerState
from deployments.services.handlers import skip_handler
from deployments.services.observe import look_at
from deployments.services.steer import retry
from deployments.steps.fleets.handler import Left
from deployments.steps.fleets.rows import see_again
from products.models import Product
from runs.models import Run, RunState
from runs.services import Busy
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, failed_deployment, put_fleet
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
