"""Whether every version and every copy of code that a rollback of a fleet would need is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws.access import Account as Door
from aws.errors import NotFound
from aws.functions import get_function
from aws.s3 import list_versions
from deployments.fleet_planner import FleetPlan
from deployments.models import Artifact, CodeCopy, Fleet, HandlerVersion
from deployments.selectors.fleets import fleet_plan
from deployments.steps.fleets.crew import Crew, HandlerFailed
from products.models import Environment
from runs.steps import StepContext


@dataclass(frozen=True)
class CodePlace:
    """A bucket that keeps zips of handlers, and the way into its account."""

    door: Door
    bucket: str


def lost_handlers(
    context: StepContext,
    door: Door,
    fleet: Fleet,
    environment: Environment,
    goal: Artifact,
    places: Sequence[CodePlace],
) -> list[str]:
    """In words, what stands in the way of going back to these handlers, and each that could not be brought back.

    Versions that are gone are noted as such, so that the plan of the rollback loads their code anew where it can.
    """
    gone, unseen = _look_for_versions(door, fleet, fleet_plan(environment, goal, rollback=True))
    with context.transaction():
        for name, number in gone:
            HandlerVersion.objects.filter(fleet=fleet, name=name, number=number).update(gone=True)
    plan = fleet_plan(environment, goal, rollback=True)
    code = _without_code(places, environment.product.slug, plan)
    return [*plan.blockers, *unseen, *_without_function(plan), *code]


def _look_for_versions(door: Door, fleet: Fleet, plan: FleetPlan) -> tuple[list[tuple[str, str]], list[str]]:
    """Of the versions to switch to, those that AWS no longer has, and in words those that it did not show."""
    versions = {one.name: one.version for one in plan.handlers if one.way == "switch"}
    gone: list[tuple[str, str]] = []
    unseen: list[str] = []

    def there(name: str) -> bool:
        try:
            get_function(door, fleet.prefix + name, versions[name])
        except NotFound:
            return False
        return True

    def keep(results: Mapping[str, "bool | HandlerFailed"]) -> None:
        unseen.extend(
            f"{name}: {found}" for name, found in results.items() if isinstance(found, HandlerFailed)
        )
        gone.extend((name, versions[name]) for name, found in results.items() if found is False)

    Crew[bool](there, keep).run(versions)
    return gone, unseen


def _without_function(plan: FleetPlan) -> Iterator[str]:
    for one in plan.handlers:
        if one.change == "missing":
            yield f"{one.name}: there is no function for it any more."


def _without_code(places: Sequence[CodePlace], slug: str, plan: FleetPlan) -> Iterator[str]:
    """Handlers that would have to be loaded anew and whose code is kept nowhere."""
    loaded = [one for one in plan.handlers if one.way == "update"]
    kept = _kept_code(places, slug, [one.new_sha256 for one in loaded]) if loaded else set()
    for one in loaded:
        if one.new_sha256 not in kept:
            yield f"{one.name}: neither a version nor a copy of its code is left."


def _kept_code(places: Sequence[CodePlace], slug: str, sha256s: list[str]) -> set[str]:
    """Of these sha256, those whose recorded copy is still in one of the places."""
    there = {
        (place.bucket, version.key, version.version_id)
        for place in places
        for version in list_versions(place.door, place.bucket, place.door.account_id, f"handlers/{slug}/")
    }
    rows = CodeCopy.objects.filter(sha256__in=sha256s)
    return {row.sha256 for row in rows if (row.bucket, row.key, row.version_id) in there}
