"""Old versions: the newest five stay, those that an alias names, and what the API calls by its number."""

from typing import Any

from deployments.fleet_planner import prunable_versions
from tests.fleets.world import NAMES, FleetWorld

FIRST = NAMES[0]


def test_which_versions_may_go() -> None:
    numbers = ["$LATEST", *map(str, range(1, 13))]
    assert prunable_versions(numbers, {"1", "12"}) == ["2", "3", "4", "5", "6", "7"]
    assert prunable_versions(numbers[:6], set()) == []


def test_old_versions_are_deleted_and_nothing_else(fleet_world: FleetWorld) -> None:
    from deployments.models import Fleet, HandlerVersion
    from deployments.services.prune import prune_versions
    from products.models import Environment
    from runs import runner

    functions, function = fleet_world.lambda_of(), fleet_world.function(FIRST)
    for number in range(7):
        publish(functions, function, str(number))
    fleet = Fleet.objects.get(prefix="tim-sb-")
    for number in range(2, 9):
        HandlerVersion.objects.create(fleet=fleet, name=FIRST, number=number, sha256="0" * 64)
    test = Environment.objects.get(product__slug="tim-combo", name="test")
    functions.delete_function(FunctionName=fleet_world.function(NAMES[1]))
    for number in range(2, 9):
        HandlerVersion.objects.create(fleet=fleet, name=NAMES[1], number=number, sha256="0" * 64)
    for called, deleted in (("2", ["3"]), ("live", ["2"]), ("live", [])):
        Fleet.objects.filter(pk=fleet.pk).update(bindings={FIRST: called})
        since = fleet_world.cloud.next_call()
        run = prune_versions(actor=None, environment=test, reason="Storage is full.")
        while runner.advance(run.pk):
            pass
        run.refresh_from_db()
        assert run.state == "succeeded", run.error
        assert len(fleet_world.cloud.calls(since, "lambda", "DeleteFunction")) == len(deleted)
    there = [v["Version"] for v in functions.list_versions_by_function(FunctionName=function)["Versions"]]
    assert there == ["$LATEST", "1", "4", "5", "6", "7", "8"]


def publish(functions: Any, function: str, text: str) -> None:
    functions.update_function_configuration(
        FunctionName=function, Environment={"Variables": {"NUMBER": text}}
    )
    while True:
        status = functions.get_function(FunctionName=function)["Configuration"]["LastUpdateStatus"]
        if status == "Successful":
            break
    functions.publish_version(FunctionName=function)
