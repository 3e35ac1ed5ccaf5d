"""What pruning a fleet would delete, as far as the console knows, and how the last pruning went. No AWS call is made for it."""

from collections import defaultdict
from dataclasses import dataclass

from deployments.fleet_planner import KEPT_VERSIONS, prunable_versions
from deployments.models import Fleet, HandlerVersion
from runs.models import Run


@dataclass(frozen=True)
class DueVersions:
    """So many versions of so many functions are due to be deleted. `known` are all that are known to be published;
    `asked` the functions with more than are kept, of which alone AWS is asked."""

    versions: int
    functions: int
    asked: int
    known: int


def due_versions(fleet: Fleet) -> DueVersions:
    """What is due by the versions that are known and the alias that was last seen of each function.

    Others that AWS holds are not known here: with them more or fewer are due.
    """
    numbers = _numbers(fleet)
    due = {name: prunable_versions(known, _named(fleet, name)) for name, known in numbers.items()}
    return DueVersions(
        versions=sum(map(len, due.values())),
        functions=sum(map(bool, due.values())),
        asked=sum(len(known) > KEPT_VERSIONS for known in numbers.values()),
        known=sum(map(len, numbers.values())),
    )


def _numbers(fleet: Fleet) -> dict[str, list[str]]:
    """By function, the versions that are known and were not seen to be gone."""
    rows = HandlerVersion.objects.filter(fleet=fleet, gone=False).values_list("name", "number")
    found: dict[str, list[str]] = defaultdict(list)
    for name, number in rows:
        found[name].append(str(number))
    return found


def _named(fleet: Fleet, name: str) -> set[str]:
    """The versions of a function that its alias was last seen to name, or the API to call."""
    return {(fleet.functions or {}).get(name, {}).get("live", ""), fleet.bindings.get(name, "")}


def last_pruning(fleet: Fleet) -> Run | None:
    """The newest Run that prunes the fleet's versions, under way or ended."""
    runs = Run.objects.filter(kind="prune-versions", scope_names__contains=[fleet.scope])
    return runs.select_related("actor").order_by("-id").first()
