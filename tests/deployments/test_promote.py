"""Promoting and rolling back as services see it: what is refused, with the same set-up as what is done."""

import pytest

from deployments.models import Deployment, EnvironmentState, Release
from deployments.refusals import BadRelease, NoArtifact, OutOfOrder, StalePlan
from deployments.selectors.plans import plan_for
from deployments.services.mark_bad import mark_bad
from deployments.services.promote import promote, rollback
from deployments.services.register import Incoming, register
from products.models import Environment, Product
from products.services.configuration import save_config
from runs.models import RunState
from runs.services import Busy
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import person
from users.models import User
from users.permissions import Role
from users.refusals import Invalid, WrongState

pytestmark = pytest.mark.django_db


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
def first(product: Product, manager: User) -> Release:
    return ready(product, "1.0.0", manager)


@pytest.fixture
def second(first: Release, product: Product, manager: User) -> Release:
    return ready(product, "1.1.0", manager)


def test_a_second_promotion_is_refused_and_names_the_running_one(
    dev: Environment, first: Release, second: Release, manager: User
) -> None:
    running = promote(actor=manager, environment=dev, release=first, reason="First.")
    with pytest.raises(Busy) as caught:
        promote(actor=manager, environment=dev, release=second, reason="Second.")
    assert caught.value.details["running"] == running.pk
    assert Deployment.objects.count() == 1
    end(running, RunState.CANCELLED)
    assert promote(actor=manager, environment=dev, release=second, reason="Second.").status == "queued"


def test_the_click_is_bound_to_the_plan(dev: Environment, first: Release, manager: User) -> None:
    seen = plan_for(dev, first).digest
    save_config(actor=person(Role.ADMIN), environment=dev, values={"A": "1"}, reason="Needed.", revision=1)
    dev.refresh_from_db()
    with pytest.raises(StalePlan):
        promote(actor=manager, environment=dev, release=first, reason="Go.", plan_digest=seen)
    assert not EnvironmentState.objects.filter(active__isnull=False).exists()
    again = plan_for(dev, first).digest
    assert again != seen
    made = promote(actor=manager, environment=dev, release=first, reason="Go.", plan_digest=again)
    assert made.digest == again
    assert made.config is not None
    assert made.config.number == 2


def test_equal_situations_give_equal_plans(dev: Environment, first: Release) -> None:
    assert plan_for(dev, first) == plan_for(dev, first)


def test_a_reason_is_needed(dev: Environment, first: Release, manager: User) -> None:
    with pytest.raises(Invalid) as caught:
        promote(actor=manager, environment=dev, release=first, reason="  ")
    assert "reason" in caught.value.details["errors"]


def test_a_protected_environment_wants_its_name_and_the_promotion_path(
    product: Product, first: Release, manager: User
) -> None:
    prod, stage = environment(product, "prod"), environment(product, "stage")
    with pytest.raises(Invalid) as caught:
        promote(actor=manager, environment=prod, release=first, reason="Go.", confirm="Prod")
    assert "confirm" in caught.value.details["errors"]
    with pytest.raises(OutOfOrder):
        promote(actor=manager, environment=prod, release=first, reason="Go.", confirm="prod")
    live(stage, first, manager)
    assert (
        promote(actor=manager, environment=prod, release=first, reason="Go.", confirm="prod").override == ""
    )


def test_the_path_may_be_overridden_with_a_reason_that_is_kept(
    product: Product, first: Release, manager: User
) -> None:
    prod = environment(product, "prod")
    made = promote(
        actor=manager, environment=prod, release=first, reason="Go.", confirm="prod", override="Hotfix."
    )
    assert made.override == "Hotfix."


def test_a_bad_release_goes_nowhere_until_it_is_good_again(
    dev: Environment, first: Release, manager: User
) -> None:
    mark_bad(actor=manager, release=first, bad=True, reason="It leaks.")
    with pytest.raises(BadRelease, match="It leaks"):
        promote(actor=manager, environment=dev, release=first, reason="Go.")
    with pytest.raises(WrongState):
        mark_bad(actor=manager, release=first, bad=True, reason="Again.")
    mark_bad(actor=manager, release=first, bad=False, reason="It does not.")
    assert promote(actor=manager, environment=dev, release=first, reason="Go.")


def test_a_release_without_an_artifact_for_the_environment_is_refused(
    product: Product, dev: Environment, manager: User
) -> None:
    only_test = ready(product, "2.0.0", manager, target="test")
    with pytest.raises(NoArtifact, match="test"):
        promote(actor=manager, environment=dev, release=only_test, reason="Go.")
    assert promote(actor=manager, environment=environment(product, "test"), release=only_test, reason="Go.")


def test_an_artifact_for_all_is_not_for_the_static_site(
    product: Product, first: Release, manager: User
) -> None:
    with pytest.raises(NoArtifact):
        promote(actor=manager, environment=environment(product, "static"), release=first, reason="Go.")


def test_a_rollback_goes_to_the_last_good_release(
    dev: Environment, first: Release, second: Release, manager: User
) -> None:
    with pytest.raises(NoArtifact):
        rollback(actor=manager, environment=dev, reason="Back.")
    live(dev, first, manager)
    with pytest.raises(NoArtifact):
        rollback(actor=manager, environment=dev, reason="Back.")
    live(dev, second, manager)
    made = rollback(actor=manager, environment=dev, reason="Back.")
    assert (made.release, made.kind) == (first, "rollback")


def test_what_was_rolled_away_from_is_not_the_last_good_one_but_may_be_chosen(
    product: Product, dev: Environment, first: Release, second: Release, manager: User
) -> None:
    live(dev, first, manager)
    left = live(dev, second, manager)
    Deployment.objects.filter(pk=left.pk).update(rolled_away=True)
    live(dev, ready(product, "1.2.0", manager), manager)
    back = rollback(actor=manager, environment=dev, reason="Back.")
    assert back.release == first
    end(back, RunState.CANCELLED)
    assert rollback(actor=manager, environment=dev, reason="Back.", release=second).release == second


def test_a_release_that_was_left_is_not_the_last_good_one_because_it_ran_before(
    product: Product, dev: Environment, first: Release, second: Release, manager: User
) -> None:
    live(dev, second, manager)
    live(dev, first, manager)
    left = live(dev, second, manager)
    Deployment.objects.filter(pk=left.pk).update(rolled_away=True)
    live(dev, first, manager)
    with pytest.raises(NoArtifact):
        rollback(actor=manager, environment=dev, reason="Back.")


def test_a_rollback_runs_with_the_present_configuration_or_with_that_of_then(
    dev: Environment, first: Release, second: Release, manager: User
) -> None:
    then = live(dev, first, manager)
    live(dev, second, manager)
    now = save_config(
        actor=person(Role.ADMIN), environment=dev, values={"A": "1"}, reason="Needed.", revision=1
    )
    dev.refresh_from_db()
    made = rollback(actor=manager, environment=dev, reason="Back.")
    assert made.config == now
    end(made, RunState.CANCELLED)
    assert rollback(actor=manager, environment=dev, reason="Back.", then_config=True).config == then.config


@pytest.mark.parametrize("version", ["new", "newer"])
def test_a_version_is_no_part_of_an_address(product: Product, manager: User, version: str) -> None:
    source = {"any": Incoming("incoming/app.zip", "a" * 64)}
    if version == "newer":
        assert register(actor=manager, product=product, version=version, artifacts=source).version == version
        return
    with pytest.raises(Invalid, match="meaning of its own") as caught:
        register(actor=manager, product=product, version=version, artifacts=source)
    assert list(caught.value.details["errors"]) == ["version"]
