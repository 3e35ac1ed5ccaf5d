"""Deleting old versions of functions: code storage is shared by a whole account and has a limit."""

from aws.access import Account as Door
from aws.errors import NotFound
from aws.functions import aliased_versions, delete_version, list_versions
from deployments.fleet_planner import KEPT_VERSIONS, prunable_versions
from deployments.models import Fleet, HandlerVersion
from deployments.steps.fleets.reach import open_fleet
from products.door import aws_step
from runs.models import Run
from runs.steps import Done, StepContext, Wait

SCOPE = "fleet:"


def fleet_of_run(run: Run) -> Fleet:
    """The fleet whose scope a Run holds."""
    scope = next(name.removeprefix(SCOPE) for name in run.scope_names if name.startswith(SCOPE))
    aws_id, _, prefix = scope.split("/", 2)
    return Fleet.objects.select_related("account").get(account__aws_id=aws_id, prefix=prefix)


@aws_step
def prune(context: StepContext) -> Done | Wait:
    """Per function, delete what is due of the versions that the console knows; those with few are not asked about."""
    fleet = fleet_of_run(context.run)
    door = open_fleet(context, fleet.account)
    due = _many(fleet)
    deleted = 0
    for position, name in enumerate(due):
        deleted += _prune_one(context, door, fleet, name)
        context.progress(done=position + 1, total=len(due), note=f"{deleted} versions deleted")
    return Done({"deleted": deleted, "functions": len(due)})


def _many(fleet: Fleet) -> list[str]:
    """Functions of which more versions are known than are kept."""
    rows = HandlerVersion.objects.filter(fleet=fleet, gone=False).values_list("name", flat=True)
    counted: dict[str, int] = {}
    for name in rows:
        counted[name] = counted.get(name, 0) + 1
    return sorted(name for name, count in counted.items() if count > KEPT_VERSIONS)


def _prune_one(context: StepContext, door: Door, fleet: Fleet, name: str) -> int:
    """What an alias names stays, and what the API was last seen to call by its number."""
    function = fleet.prefix + name
    try:
        there = [version.version for version in list_versions(door, function)]
        named = aliased_versions(door, function) | {fleet.bindings.get(name, "")}
        due = prunable_versions(there, named)
    except NotFound:
        context.log(f"There is no function {function} any more, so its versions are gone, too.")
        with context.transaction():
            HandlerVersion.objects.filter(fleet=fleet, name=name).update(gone=True)
        return 0
    rows = HandlerVersion.objects.filter(fleet=fleet, name=name, number__in=[int(number) for number in due])
    ours = list(rows.order_by("number"))
    for row in ours:
        delete_version(door, function, str(row.number))
        with context.transaction():
            HandlerVersion.objects.filter(pk=row.pk).update(gone=True)
    return len(ours)
