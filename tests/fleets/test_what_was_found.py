"""Going back to what functions held before the console's first deployment, and to the back end of a release's time."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.deployments.fleets import code
from tests.fleets.world import NAMES, FleetWorld
from tests.shipping import PRODUCT


def page(name: str, place: str = "test", **query: str) -> str:
    from users.models import User

    client = Client()
    client.force_login(User.objects.get(username="release-manager"))
    args = [PRODUCT, place]
    found = client.get(reverse(name, args=args), query)
    assert found.status_code == 200
    return found.content.decode()


def codes(world: FleetWorld, environment: str) -> dict[str, str]:
    """The code of each handler's function as callers get it, by its digest."""
    return world.served(environment)


@pytest.mark.parametrize("environment", ["test", "dev"])
def test_the_first_deployment_of_a_back_end_can_be_taken_back(
    fleet_world: FleetWorld, environment: str
) -> None:
    """By alias as in `$LATEST`: to the code that nobody ever registered."""
    fleet_world.observe(environment)
    before = codes(fleet_world, environment)
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0", environment)
    assert codes(fleet_world, environment) == dict.fromkeys(NAMES, "5.0.0")
    fleet_world.observe(environment)
    assert "before-5.0.0" in page("rollback", environment, half="backend")
    ended = fleet_world.world.work(fleet_world.world.roll_back(environment=environment, half="backend"))
    assert (ended["status"], ended["version"], ended["back_end"]) == ("live", "before-5.0.0", "before-5.0.0")
    assert codes(fleet_world, environment) == before
    fleet_world.observe(environment)
    assert fleet_world.edited(environment) == {}
    again = fleet_world.world.roll_back(environment=environment, half="backend")
    assert (again.status, again["code"]) == (409, "no_artifact")


def test_by_alias_the_way_to_what_was_found_only_moves_aliases(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    since = fleet_world.cloud.next_call()
    fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert fleet_world.writes(since) == ["UpdateAlias"] * len(NAMES)


def test_what_was_found_is_not_promoted_proposed_or_listed(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    api = fleet_world.world.api
    listed = api.get(f"products/{PRODUCT}/releases")["items"]
    assert "before-5.0.0" not in {one["version"] for one in listed}
    refused = fleet_world.world.promote("before-5.0.0", half="backend")
    assert (refused.status, refused["code"]) == (409, "no_artifact")
    assert "only roll back to it" in refused["detail"]
    fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    for environment in ("test", "stage"):
        assert "promote/before-5.0.0" not in page("environment", environment)
    shown = page("release", "before-5.0.0")
    assert "only a rollback goes to it" in shown
    assert "promote/before-5.0.0" not in shown
    assert "not known" in shown


def test_both_halves_go_back_to_a_release_of_pages_and_what_was_found(fleet_world: FleetWorld) -> None:
    """The release before has no back end: the one of its time comes back with it."""
    world = fleet_world.world
    world.stock("1.0.0")
    world.work(world.promote("1.0.0"))
    before = fleet_world.served()
    fleet_world.register("5.0.0", front="1.1.0")
    fleet_world.live("5.0.0", half="")
    shown = page("rollback")
    assert "the back end goes to before-5.0.0" in shown
    assert "The back end stays as it is" not in shown
    ended = world.work(world.roll_back())
    assert (ended["status"], ended["version"], ended["back_end"]) == ("live", "1.0.0", "before-5.0.0")
    assert [step["name"] for step in ended["steps"]][-3:] == ["switch-handlers", "verify-handlers", "record"]
    assert (fleet_world.served(), world.environment()["running"]) == (before, "1.0.0")


def test_both_halves_go_back_past_a_release_of_pages_alone(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    fleet_world.register("5.0.0", front="1.0.0")
    fleet_world.register("6.0.0", front="1.0.0")
    fleet_world.live("5.0.0", half="")
    world.work(world.promote("1.1.0"))
    fleet_world.live("6.0.0", half="")
    ended = world.work(world.roll_back())
    assert (ended["version"], ended["back_end"]) == ("1.1.0", "5.0.0")
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_pages_that_came_alone_go_back_alone(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    world.work(world.promote("1.0.0"))
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    world.work(world.promote("1.1.0"))
    ended = world.work(world.roll_back())
    assert (ended["version"], ended["back_end"]) == ("1.0.0", None)
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_a_back_end_that_cannot_go_back_with_its_pages_is_said_to_stay(fleet_world: FleetWorld) -> None:
    from deployments.models import Release

    world = fleet_world.world
    world.stock("1.0.0")
    world.work(world.promote("1.0.0"))
    fleet_world.register("5.0.0", front="1.1.0")
    fleet_world.live("5.0.0", half="")
    Release.objects.filter(found=True).update(bad=True, bad_reason="It never worked.")
    shown = page("rollback")
    assert "The back end stays as it is" in shown
    ended = world.work(world.roll_back())
    assert (ended["version"], ended["back_end"]) == ("1.0.0", None)
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")


def test_what_a_later_deployment_finds_is_not_kept_again(fleet_world: FleetWorld) -> None:
    """Code that somebody uploads by hand between two deployments is no release to go back to."""
    from deployments.models import Release

    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0", "dev")
    fleet_world.edit_by_hand(NAMES[0], "dev")
    fleet_world.observe("dev")
    fleet_world.register("6.0.0")
    fleet_world.live("6.0.0", "dev")
    assert [one.version for one in Release.objects.filter(found=True)] == ["before-5.0.0"]


def test_found_code_that_a_release_brought_is_known_by_its_files(fleet_world: FleetWorld) -> None:
    """A function that somebody gave a registered zip by hand holds that zip, however it came there."""
    from deployments.models import Artifact
    from deployments.selectors.fleets import handlers_of

    fleet_world.register("5.0.0")
    name = NAMES[0]
    fleet_world.lambda_of("dev").update_function_code(
        FunctionName=fleet_world.function(name, "dev"), ZipFile=code(name, "5.0.0")
    )
    fleet_world.observe("dev")
    fleet_world.live("5.0.0", "dev")
    found = handlers_of(Artifact.objects.get(release__found=True)).by_name
    assert found[name].content != found[name].sha256
    assert found[NAMES[1]].content == found[NAMES[1]].sha256
