"""Preparing, switching and verifying the handlers of a deployment, and putting them back."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from aws.access import Account as Door
from aws.errors import CodeStorageFull
from aws.function_metrics import minutes_of
from aws.functions import Function
from deployments.fleet_planner import waves
from deployments.handler_health import BEFORE, Fares, fares, minute_of
from deployments.listeners import asked_by
from deployments.models import (
    CodeCopy,
    Deployment,
    Fleet,
    HandlerChange,
    HandlerState,
    Mode,
)
from deployments.outcome import back_end_runs
from deployments.steps.fleets import handler
from deployments.steps.fleets.crew import HandlerFailed
from deployments.steps.fleets.handler import Left
from deployments.steps.fleets.keep import found_code, keep_found
from deployments.steps.fleets.reach import BackEnd, open_fleet
from deployments.steps.fleets.rows import Ledger, told, too_many
from deployments.wording import listed
from products.door import aws_step
from runs.steps import Done, StepContext, StepFailed, Wait

UNDER_WAY = (HandlerState.PENDING, HandlerState.UPDATING, HandlerState.READY)
SEEN = timedelta(seconds=60)
LEFT_ALONE = (HandlerState.RETURNED, HandlerState.SKIPPED)
NOT_SWITCHED = "Nothing was switched, so callers still get the code that they got before."


@aws_step
def prepare(context: StepContext) -> Done | Wait:
    """Alias: publish every new version while callers get the old ones. `$LATEST`: keep the old code, to put it back."""
    back = BackEnd.of(context)
    door = open_fleet(context, back.account)
    if back.fleet.mode != Mode.ALIAS:
        return Done({"kept": keep_found(context, back, door)})
    try:
        _publish(context, back, door)
    except CodeStorageFull as full:
        raise StepFailed(f"{full} {NOT_SWITCHED}") from full
    failed, prepared = back.in_state(HandlerState.FAILED), back.in_state(HandlerState.READY)
    if too_many(back):
        raise StepFailed(f"{told(failed)} {NOT_SWITCHED}")
    return Done({"prepared": len(prepared), "failed": len(failed)})


def _publish(context: StepContext, back: BackEnd, door: Door) -> None:
    """A version of each handler that has none, until too many failed."""
    due = [change for change in back.in_state(*UNDER_WAY) if not change.version]
    code = back.code({change.sha256 for change in due})

    def work(name: str) -> Left:
        change = back.changes[name]
        return handler.prepare(door, back.function(name), change, code[change.sha256])

    crew = Ledger(context, back, HandlerState.READY).crew(work)
    crew.run([change.name for change in due], enough=lambda: too_many(back))


@aws_step
def switch(context: StepContext) -> Done | Wait:
    """Give callers the new code: by alias all at once, in `$LATEST` by waves. Too many failures: everything back."""
    back = BackEnd.of(context)
    door = open_fleet(context, back.account)
    why = ""
    if not back.deployment.returning:
        try:
            if wait := _go_forward(context, back, door):
                return wait
        except CodeStorageFull as full:
            why = str(full)
            context.log(why, "error")
        if not why and not too_many(back):
            return _kept(context, back)
        with context.transaction():
            Deployment.objects.filter(pk=back.deployment.pk).update(returning=True)
    _put_back(context, back, door)
    _no_longer_running(context, back)
    raise StepFailed(f"{why} {_returned(back)}".strip())


def _go_forward(context: StepContext, back: BackEnd, door: Door) -> Wait | None:
    """None when nothing is left to do, or too many failed."""
    if back.fleet.mode != Mode.ALIAS:
        return _by_waves(context, back, door)
    # One that failed to be prepared is prepared now, when a person lets it try again.
    _publish(context, back, door)
    _by_alias(context, back, door)
    return None


def _kept(context: StepContext, back: BackEnd) -> Done:
    """All handlers have the new code, or all but a few that the budget allows: a person decides about these."""
    done, failed = back.in_state(HandlerState.DONE), back.in_state(HandlerState.FAILED)
    partial = bool(failed or back.in_state(HandlerState.SKIPPED))
    with context.transaction():
        if done or not back.changes:
            back_end_runs(back.fleet, back.deployment)
        Deployment.objects.filter(pk=back.deployment.pk).update(partial=partial)
    if failed:
        raise StepFailed(
            f"{told(failed)} The other {len(done)} have the new code. Retry, leave each of the failed ones out with a "
            "reason, or roll back."
        )
    return Done({"switched": len(done)})


def _by_alias(context: StepContext, back: BackEnd, door: Door) -> None:
    """All that are prepared, until too many failed."""

    def work(name: str) -> Left:
        return handler.switch(door, back.function(name), back.changes[name])

    due = [change.name for change in back.in_state(*UNDER_WAY) if change.version]
    crew = Ledger(context, back, HandlerState.DONE).crew(work)
    crew.run([] if too_many(back) else due, enough=lambda: too_many(back))


def _by_waves(context: StepContext, back: BackEnd, door: Door) -> Wait | None:
    """The next wave, after a look at how those before it fare. None when there is nothing more to do."""
    _plan_waves(context, back)
    _watch(context, back, door)
    due = back.in_state(*UNDER_WAY)
    if not due or too_many(back):
        return None
    wave = min(change.wave for change in due)
    names = [change.name for change in due if change.wave == wave]
    code = back.code({back.changes[name].sha256 for name in names})

    def work(name: str) -> Left:
        change = back.changes[name]
        function, copy = back.function(name), code[change.sha256]
        return Left(handler.bring_code(door, function, change, copy, change.sha256, change.architecture))

    context.log(f"Wave {wave + 1}: {len(names)} handlers.")
    Ledger(context, back, HandlerState.DONE).crew(work).run(names, enough=lambda: too_many(back))
    seconds = settings.CONSOLE_WAVE_SECONDS
    return Wait(seconds, f"Watching the errors of wave {wave + 1} for {seconds:g} s.")


def _plan_waves(context: StepContext, back: BackEnd) -> None:
    """Once, before the first of them."""
    if len(back.in_state(HandlerState.PENDING)) < len(back.changes) or any(
        c.wave for c in back.changes.values()
    ):
        return
    for number, names in enumerate(waves(sorted(back.changes), back.fleet.bindings)):
        for name in names:
            back.changes[name].wave = number
    with context.transaction():
        HandlerChange.objects.bulk_update(back.changes.values(), ["wave"])


def _watch(context: StepContext, back: BackEnd, door: Door) -> None:
    """An updated handler of which more calls fail than before has failed; its callers get the old code again."""
    worse = _worse(back, door)
    code = _code_before(back, [back.changes[name] for name in worse])

    def work(name: str) -> Left:
        change, found = back.changes[name], worse[name]
        error = (
            f"{back.function(name)} answers with errors since its update: {found.since} calls failed or were throttled, "
            f"in the hour before {found.before}."
        )
        try:
            function = _bring_back(back, door, change, code)
        except HandlerFailed as stuck:
            raise HandlerFailed(f"{error} {stuck}") from stuck
        return Left(function, error=f"{error} It has the code again that it had before.")

    Ledger(context, back, HandlerState.DONE).crew(work).run(worse)


def _worse(back: BackEnd, door: Door) -> dict[str, Fares]:
    """By handler, how those fare that fare worse since they were updated."""
    updated = {back.function(one.name): one for one in back.in_state(HandlerState.DONE)}
    if not updated:
        return {}
    since = minute_of(min(one.changed_at for one in updated.values())) - BEFORE

    def bill(metrics: int) -> None:
        for listener in asked_by:
            listener(back.account, metrics)

    found = {
        updated[function].name: fares(minutes, updated[function].changed_at)
        for function, minutes in minutes_of(door, updated, since, bill=bill).items()
    }
    return {name: one for name, one in found.items() if one.worse}


def _put_back(context: StepContext, back: BackEnd, door: Door) -> None:
    """Everything as it was found. All are looked at: a worker that died may have changed one without a note."""
    due = [change for change in back.changes.values() if change.before and change.state not in LEFT_ALONE]
    code = _code_before(back, due)

    def by_alias(name: str) -> Left:
        return handler.switch_back(door, back.function(name), back.changes[name])

    def in_latest(name: str) -> Left:
        return Left(_bring_back(back, door, back.changes[name], code))

    work = by_alias if back.fleet.mode == Mode.ALIAS else in_latest
    ledger = Ledger(context, back, HandlerState.RETURNED, keep_errors=True)
    ledger.crew(work).run([change.name for change in due])


def _code_before(back: BackEnd, changes: Iterable[HandlerChange]) -> dict[str, CodeCopy]:
    """By sha256, where the code lies that these handlers had."""
    return back.code({found_code(change) for change in changes})


def _bring_back(back: BackEnd, door: Door, change: HandlerChange, code: Mapping[str, CodeCopy]) -> Function:
    return handler.bring_back(door, back.function(change.name), change, code.get(found_code(change)))


def _no_longer_running(context: StepContext, back: BackEnd) -> None:
    """An earlier try may have left it partly live; callers get again what ran before."""
    mine, before = Fleet.objects.filter(pk=back.fleet.pk, running=back.deployment), _ran_before(back)
    with context.transaction():
        if mine.update(running=before) and before:
            Deployment.objects.filter(pk=before.pk).update(back_end_left=False)
        Deployment.objects.filter(pk=back.deployment.pk).update(partial=False)


def _ran_before(back: BackEnd) -> Deployment | None:
    """The last deployment before this one that left its code in the fleet."""
    environments = {
        "environment__backend_account": back.account,
        "environment__function_prefix": back.fleet.prefix,
    }
    earlier = Deployment.objects.filter(backend__isnull=False, pk__lt=back.deployment.pk, **environments)
    return earlier.filter(Q(live_at__isnull=False) | Q(partial=True)).order_by("-pk").first()


def _returned(back: BackEnd) -> str:
    """What failed, and what became of the others."""
    failed = [change for change in back.changes.values() if change.error]
    what = f"{told(failed)} " if failed else ""
    stuck = [change.name for change in back.in_state(HandlerState.FAILED)]
    if stuck:
        return f"{what}The others were put back; not put back: {listed(stuck)}."
    return f"{what}All handlers have the code again that they had before."


@aws_step
def verify(context: StepContext) -> Done | Wait:
    """See in AWS that callers get what was deployed; what was seen in the last minute, by the step before, was seen."""
    back = BackEnd.of(context)
    door, by_alias = open_fleet(context, back.account), back.fleet.mode == Mode.ALIAS

    def work(name: str) -> Left:
        found = handler.served(door, back.function(name), by_alias=by_alias)
        if found.sha256 != back.changes[name].sha256:
            raise HandlerFailed(
                f"{name} does not have the code that was deployed; somebody changed it since."
            )
        return Left(found, found.version if by_alias else "")

    wanted = [change for change in back.changes.values() if change.state != HandlerState.SKIPPED]
    old = timezone.now() - SEEN
    due = [one.name for one in wanted if one.changed_at < old or one.state != HandlerState.DONE]
    Ledger(context, back, HandlerState.DONE).crew(work).run(due)
    if failed := back.in_state(HandlerState.FAILED):
        raise StepFailed(f"{told(failed)} Promote the release anew to write them again, or roll back.")
    return Done({"verified": len(wanted)})
