"""Front end and back end as one: handlers first on the way there, entry points first on the way back."""

from tests.fleets.world import NAMES, FleetWorld


def order(fleet_world: FleetWorld, since: int) -> list[str]:
    """In which order aliases were moved and the entry point was written."""
    calls = fleet_world.cloud.calls(since)
    told = {"UpdateAlias": "aliases", "CreateAlias": "aliases"}
    found = [
        "pages"
        if call["operation"] == "CopyObject" and call["resource"].endswith("/index.html")
        else told.get(call["operation"], "")
        for call in calls
        if call["code"] is None
    ]
    return list(dict.fromkeys(part for part in found if part))


def test_both_halves_go_there_and_back(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    fleet_world.register("5.0.0", front="1.0.0")
    fleet_world.register("6.0.0", front="1.1.0")
    fleet_world.live("5.0.0", half="")
    since = fleet_world.cloud.next_call()
    ended = fleet_world.live("6.0.0", half="")
    assert order(fleet_world, since) == ["aliases", "pages"]
    assert [step["name"] for step in ended["steps"]][-2:] == ["verify", "record"]
    assert fleet_world.served() == dict.fromkeys(NAMES, "6.0.0")
    assert world.environment()["running"] == "6.0.0"
    since = fleet_world.cloud.next_call()
    back = world.work(world.roll_back())
    assert (back["status"], back["version"]) == ("live", "5.0.0")
    assert order(fleet_world, since) == ["pages", "aliases"]
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    assert world.environment()["running"] == "5.0.0"


def test_one_half_leaves_the_other_as_it_is(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    fleet_world.register("5.0.0", front="1.0.0")
    before = fleet_world.served()
    fleet_world.live("5.0.0", half="frontend")
    assert fleet_world.served() == before
    fleet_world.register("6.0.0", front="1.1.0")
    fleet_world.live("6.0.0", half="backend")
    assert world.environment()["running"] == "5.0.0"
    assert fleet_world.served() == dict.fromkeys(NAMES, "6.0.0")


def test_environments_that_call_one_fleet_do_not_deploy_at_the_same_time(fleet_world: FleetWorld) -> None:
    from products.models import Environment
    from runs.models import RunScope

    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", half="backend")
    assert answer.status == 202
    flux = Environment.objects.get(product__slug="flux-systems", name="test")
    test = Environment.objects.get(product__slug="tim-combo", name="test")
    assert (flux.backend_account_id, flux.function_prefix) == (test.backend_account_id, test.function_prefix)
    assert RunScope.objects.filter(scope="fleet:455510265254/us-east-2/tim-sb-").exists()
