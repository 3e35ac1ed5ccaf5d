"""Looking at a fleet: its functions, what the API calls, how much code storage is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from aws.access import Account as Door
from aws.bindings import bindings
from aws.functions import CodeStorage, Function, code_storage, list_functions
from deployments.fleet_planner import mode_of
from deployments.models import Fleet, HandlerChange, HandlerVersion, KnownFunction, Mode
from deployments.selectors.fleets import api_origins
from deployments.steps.fleets.crew import Crew, HandlerFailed
from deployments.steps.fleets.handler import Left, named_by_alias
from deployments.steps.fleets.reach import BackEnd, open_fleet
from deployments.steps.fleets.rows import as_seen, known, version
from deployments.wording import listed
from products.door import aws_step
from runs.steps import Done, StepContext, StepFailed, Wait


@dataclass(frozen=True)
class Sight:
    """What was seen: functions by name without the prefix, what the API calls, and what each alias names (None: nobody
    looked at aliases)."""

    functions: Mapping[str, Function]
    live: Mapping[str, Function | None] | None
    bound: Mapping[str, str]
    storage: CodeStorage

    @property
    def mode(self) -> Mode:
        return Mode(mode_of(self.bound))

    def told(self, before: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
        """As `Fleet.functions` keeps it. Where nobody looked at aliases, what was known of them `before`."""
        unknown = {"live": "", "live_sha256": ""}
        known = before or {}
        return {
            name: {**unknown, **known.get(name, {}), **as_seen(function), **self._alias(name)}
            for name, function in sorted(self.functions.items())
        }

    def _alias(self, name: str) -> dict[str, Any]:
        if self.live is None:
            return {}
        live = self.live.get(name)
        return as_seen(live) if live else {"live": "", "live_sha256": ""}


def see(door: Door, fleet: Fleet, *, aliases: bool) -> Sight:
    """Look at all of it. AWS: a listing does not tell aliases; GetFunction does, by a limit of its own."""
    prefix = fleet.prefix
    functions = {one.name.removeprefix(prefix): one for one in list_functions(door, prefix)}
    bound = _bound(door, fleet)
    live = _aliases(door, prefix, functions) if aliases and any(bound.values()) else None
    return Sight(functions, live, bound, code_storage(door))


def _bound(door: Door, fleet: Fleet) -> dict[str, str]:
    """What the APIs of all environments that call the fleet call; one called in several ways is under `$LATEST` first."""
    found: dict[str, str] = {}
    for origin in api_origins(fleet):
        for function, qualifier in bindings(door, origin, fleet.prefix).items():
            name = function.removeprefix(fleet.prefix)
            found[name] = min(qualifier, found.get(name, qualifier))
    return found


def _aliases(door: Door, prefix: str, functions: Mapping[str, Function]) -> dict[str, Function | None]:
    found: dict[str, Function | None] = {}

    def keep(results: Mapping[str, "Function | HandlerFailed | None"]) -> None:
        for name, result in results.items():
            if isinstance(result, HandlerFailed):
                raise StepFailed(str(result))
            found[name] = result

    Crew[Function | None](lambda name: named_by_alias(door, f"{prefix}{name}"), keep).run(functions)
    return found


def save_sight(fleet: Fleet, sight: Sight) -> None:
    """Keep what was seen, for plans to read; in the caller's transaction."""
    Fleet.objects.filter(pk=fleet.pk).update(
        mode=sight.mode,
        functions=sight.told(fleet.functions),
        bindings=dict(sight.bound),
        code_used=sight.storage.used,
        code_limit=sight.storage.limit,
        observed_at=timezone.now(),
    )
    _know_new_ones(fleet, sight)
    aliased = (sight.live or {}).items()
    seen = [version(fleet, name, Left(live, live.version)) for name, live in aliased if live]
    HandlerVersion.objects.bulk_create(seen, ignore_conflicts=True)


def _know_new_ones(fleet: Fleet, sight: Sight) -> None:
    """A function that is seen for the first time is taken as it is; from then on a change by hand shows."""
    new = [known(fleet, name, Left(function)) for name, function in sight.functions.items()]
    for row in new:
        live = (sight.live or {}).get(row.name)
        row.version = live.version if live else ""
    KnownFunction.objects.bulk_create(new, ignore_conflicts=True)


@aws_step
def look(context: StepContext) -> Done | Wait:
    """See that the fleet is as the plan showed it, and note of each handler how it was found.

    Not its alias: `switch-handlers` looks at each directly before it is moved.
    """
    back = BackEnd.of(context)
    door = open_fleet(context, back.account)
    sight = see(door, back.fleet, aliases=False)
    with context.transaction():
        save_sight(back.fleet, sight)
    if sight.mode != back.fleet.mode:
        raise StepFailed(
            f"What calls {back.fleet} calls {sight.mode.label} now; the plan was made for {back.fleet.get_mode_display()}. "
            "Nothing was changed. Look at the new plan."
        )
    _refuse_moved(back, sight)
    with context.transaction():
        _note_before(back, sight)
    return Done({"functions": len(sight.functions), "to_change": len(back.changes)})


def _refuse_moved(back: BackEnd, sight: Sight) -> None:
    """Callers' code must be what the plan was about, or this deployment's own of an earlier try."""
    seen = sight.told(back.fleet.functions)
    moved = [
        name
        for name, change in back.changes.items()
        if change.before is not None and "revision" not in change.before and _moved(change, seen.get(name))
    ]
    if moved:
        raise StepFailed(
            f"Changed by hand or deleted since the plan was made: {listed(moved)}. Nothing was changed. Look at the new plan."
        )


def _moved(change: HandlerChange, seen: Mapping[str, Any] | None) -> bool:
    if seen is None:
        return True
    assert change.before is not None
    return any(seen[field] != change.before[field] for field in ("sha256", "live", "live_sha256"))


def _note_before(back: BackEnd, sight: Sight) -> None:
    """Once: a later try must not take this deployment's own work for what was there before."""
    fresh = [change for change in back.changes.values() if "revision" not in (change.before or {})]
    seen = sight.told(back.fleet.functions)
    for change in fresh:
        change.before = {**seen[change.name], "revision": sight.functions[change.name].revision}
    HandlerChange.objects.bulk_update(fresh, ["before"])
