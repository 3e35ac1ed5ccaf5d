"""Whether the way back is open: every version and every copy of code that a rollback would need is looked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws.access import Account as Door
from aws.errors import NotFound
from aws.functions import get_function
from aws.s3 import list_versions
from deployments.fleet_planner import FleetPlan, HandlerPlan
from deployments.models import CodeCopy, Deployment, Fleet, HandlerVersion
from deployments.selectors.deployments import good_back_ends, last_of
from deployments.selectors.fleets import fleet_plan
from deployments.steps.fleets.crew import Crew, HandlerFailed
from products.models import Environment


def way_back(door: Door, fleet: Fleet) -> dict[str, Any]:
    """`{to, missing}`: the release that a rollback would go to, "" when there is none, and in words what it would miss.

    Versions that are gone are noted as such, so that the plan of the rollback loads their code anew where it can.
    """
    goal = _goal(fleet)
    if goal is None:
        return {"to": "", "missing": []}
    gone = _gone_versions(door, fleet, _plan(goal))
    HandlerVersion.objects.filter(pk__in=[one.pk for one in gone]).update(gone=True)
    missing = list(_missing_code(door, goal, _plan(goal)))
    return {"to": goal.release.version, "missing": missing}


def _goal(fleet: Fleet) -> Deployment | None:
    running = fleet.running
    return last_of(good_back_ends(running.environment), running) if running else None


def _plan(goal: Deployment) -> FleetPlan:
    assert goal.backend is not None
    return fleet_plan(goal.environment, goal.backend, rollback=True)


def _gone_versions(door: Door, fleet: Fleet, plan: FleetPlan) -> list[HandlerVersion]:
    """Those of the versions to switch to that AWS no longer has."""
    wanted = {f"{one.name}:{one.version}": one for one in plan.handlers if one.way == "switch"}
    gone: list[str] = []

    def there(key: str) -> bool:
        one = wanted[key]
        try:
            get_function(door, fleet.prefix + one.name, one.version)
        except NotFound:
            return False
        return True

    def keep(results: Mapping[str, "bool | HandlerFailed"]) -> None:
        gone.extend(key for key, found in results.items() if found is False)

    Crew[bool](there, keep).run(wanted)
    rows = HandlerVersion.objects.filter(fleet=fleet, name__in=[wanted[key].name for key in gone])
    return [row for row in rows if f"{row.name}:{row.number}" in gone]


def _missing_code(door: Door, goal: Deployment, plan: FleetPlan) -> Iterator[str]:
    """Handlers that would have to be loaded anew and whose code is kept nowhere."""
    loaded = [one for one in plan.handlers if one.way == "update"]
    kept = _kept_code(door, goal.environment, loaded) if loaded else set()
    for one in loaded:
        if one.new_sha256 not in kept:
            yield f"{one.name}: neither a version nor a copy of its code is left."


def _kept_code(door: Door, environment: Environment, handlers: list[HandlerPlan]) -> set[str]:
    """The sha256 of code that lies in the product's bucket, or was seen in the bucket that Lambda loads from.

    The product's bucket may be another account's, which this role need not read: its record is believed, and the
    deployment's own look decides.
    """
    product = environment.product
    rows = CodeCopy.objects.filter(sha256__in=[one.new_sha256 for one in handlers])
    there = {
        (version.key, version.version_id)
        for version in list_versions(
            door, environment.code_bucket, door.account_id, f"handlers/{product.slug}/"
        )
    }
    return {
        row.sha256
        for row in rows
        if row.bucket == product.handler_bucket != environment.code_bucket
        or (row.bucket == environment.code_bucket and (row.key, row.version_id) in there)
    }
