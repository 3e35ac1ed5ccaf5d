"""The rows of a deployment's handlers: how far each is, and what is known of its function from then on."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.utils import timezone

from aws.functions import LATEST, Function
from deployments.fleet_planner import over_budget
from deployments.models import Fleet, HandlerChange, HandlerState, HandlerVersion, KnownFunction
from deployments.steps.fleets.crew import Crew, HandlerFailed
from deployments.steps.fleets.handler import Left
from deployments.steps.fleets.reach import BackEnd
from runs.steps import StepContext

MOST_NAMED = 5


class Ledger:
    """Keeps the rows of the handlers that a step brings to the state `reached`.

    With `keep_errors` what went wrong before stays on the rows, while they are put back.
    """

    def __init__(
        self, context: StepContext, back: BackEnd, reached: HandlerState, *, keep_errors: bool = False
    ) -> None:
        self._context, self._back, self._reached, self._keep_errors = context, back, reached, keep_errors

    def crew(self, work: Callable[[str], Left]) -> Crew[Left]:
        """A crew whose results are kept here."""
        return Crew(work, self.keep, self.begun)

    def begun(self, names: Collection[str]) -> None:
        """Show that these are being worked on."""
        changes = [self._back.changes[name] for name in names]
        for change in changes:
            change.state = HandlerState.UPDATING
        with self._context.transaction():
            HandlerChange.objects.bulk_update(changes, ["state"])

    def keep(self, results: Mapping[str, Left | HandlerFailed]) -> None:
        """Save how far these handlers are, and what is known of their functions now."""
        changes = [self._back.changes[name] for name in results]
        for change in changes:
            self._move(change, results[change.name])
        left = {name: result for name, result in results.items() if isinstance(result, Left)}
        with self._context.transaction():
            HandlerChange.objects.bulk_update(changes, ["state", "error", "version", "changed_at"])
            know(self._back.fleet, left)
            see_again(self._back.fleet, left)
        for change in changes:
            if change.state == HandlerState.FAILED:
                self._context.log(f"{change.name}: {change.error}", "error")
        self._context.progress(done=len(self._back.in_state(self._reached)), total=len(self._back.changes))

    def _move(self, change: HandlerChange, result: Left | HandlerFailed) -> None:
        change.changed_at = timezone.now()
        error = str(result) if isinstance(result, HandlerFailed) else result.error
        if error:
            change.state, change.error = HandlerState.FAILED, error
            return
        assert isinstance(result, Left)
        change.state = self._reached
        change.version = result.version or change.version
        if not self._keep_errors:
            change.error = ""


def know(fleet: Fleet, left: Mapping[str, Left]) -> None:
    """How the console leaves functions, and which versions there are of them; in the caller's transaction."""
    KnownFunction.objects.bulk_create(
        (known(fleet, name, one) for name, one in left.items() if one.function.version == LATEST),
        update_conflicts=True,
        unique_fields=["fleet", "name"],
        update_fields=["sha256", "runtime", "memory", "architecture", "keys", "at"],
    )
    aliased = {name: one.function.version for name, one in left.items() if one.function.version != LATEST}
    rows = list(KnownFunction.objects.filter(fleet=fleet, name__in=aliased))
    for row in rows:
        row.version = aliased[row.name]
    KnownFunction.objects.bulk_update(rows, ["version"])
    HandlerVersion.objects.bulk_create(
        (version(fleet, name, one) for name, one in left.items() if one.version.isdigit()),
        ignore_conflicts=True,
    )


def see_again(fleet: Fleet, left: Mapping[str, Left]) -> None:
    """What plans read of the fleet, with what was just seen of these functions; in the caller's transaction.

    One that was made anew since the last look is seen whole by the next.
    """
    functions = fleet.functions or {}
    for name in left.keys() & functions.keys():
        functions[name] = {**functions[name], **as_seen(left[name].function)}
    Fleet.objects.filter(pk=fleet.pk).update(functions=functions, observed_at=timezone.now())


def as_seen(function: Function) -> dict[str, Any]:
    """A function as `Fleet.functions` keeps it: `$LATEST` with its configuration, or the version that its alias names."""
    if function.version != LATEST:
        return {"live": function.version, "live_sha256": function.sha256}
    told = ("sha256", "runtime", "memory", "architecture")
    return {name: getattr(function, name) for name in told} | {"keys": list(function.keys)}


def known(fleet: Fleet, name: str, left: Left) -> KnownFunction:
    """A function as it is in `$LATEST`."""
    seen = left.function
    return KnownFunction(
        fleet=fleet,
        name=name,
        sha256=seen.sha256,
        runtime=seen.runtime,
        memory=seen.memory,
        architecture=seen.architecture,
        keys=list(seen.keys),
        at=timezone.now(),
    )


def version(fleet: Fleet, name: str, left: Left) -> HandlerVersion:
    """A published version of a function, as it froze it."""
    seen = left.function
    return HandlerVersion(
        fleet=fleet,
        name=name,
        number=int(left.version),
        sha256=seen.sha256,
        runtime=seen.runtime,
        memory=seen.memory,
        keys=list(seen.keys),
    )


def too_many(back: BackEnd) -> bool:
    """Whether more handlers failed than the environment's budget allows."""
    return over_budget(len(back.in_state(HandlerState.FAILED)), back.environment.failure_budget)


def told(failed: Iterable[HandlerChange]) -> str:
    """ "2 handlers failed. orders-create: … orders-list: …" """
    listed = sorted(failed, key=lambda change: change.name)
    named = " ".join(f"{change.name}: {change.error}" for change in listed[:MOST_NAMED])
    more = f" And {len(listed) - MOST_NAMED} more." if len(listed) > MOST_NAMED else ""
    return f"{len(listed)} handler{'s' if len(listed) != 1 else ''} failed. {named}{more}"
