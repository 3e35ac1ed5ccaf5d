"""The handlers of a deployment as rows: what shall happen to each, and what people decide about single ones."""

from collections.abc import Iterator

from django.db.models.functions import Now
from django.urls import reverse

from audit.services import record
from deployments.fleet_planner import FleetPlan, HandlerPlan
from deployments.models import Artifact, Deployment, Fleet, HandlerChange, HandlerState, HandlerVersion
from deployments.selectors.fleets import handlers_of
from runs.models import Run, RunState
from users.actions import action
from users.models import User
from users.refusals import Invalid, Missing, WrongState


def changes_of(
    deployment: Deployment, fleet: Fleet, artifact: Artifact, plan: FleetPlan
) -> Iterator[HandlerChange]:
    """A row for each handler that the plan changes, with what the plan saw of its function."""
    handlers = handlers_of(artifact).by_name
    versions = {(one.name, str(one.number)): one.sha256 for one in HandlerVersion.objects.filter(fleet=fleet)}
    for planned in plan.handlers:
        if planned.way != "none":
            # A version with equal files may come from another zip of them.
            sha256 = versions.get((planned.name, planned.version), planned.new_sha256)
            yield HandlerChange(
                deployment=deployment,
                name=planned.name,
                sha256=sha256,
                architecture=handlers[planned.name].architecture,
                before=_before(fleet, planned),
                version=planned.version,
                state=HandlerState.READY if planned.version else HandlerState.PENDING,
            )


def _before(fleet: Fleet, planned: HandlerPlan) -> dict[str, str]:
    seen = (fleet.functions or {})[planned.name]
    return {name: seen[name] for name in ("sha256", "live", "live_sha256")}


@action("handler.skip", permission="run.steer")
def skip_handler(*, actor: User, deployment: Deployment, name: str, reason: str) -> HandlerChange:
    """Leave one handler out that failed, so that a retry goes on without it: callers keep the code they get now.

    Raises Invalid without a reason, Missing for another handler, WrongState unless both it and the deployment failed.
    """
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    run = Run.objects.select_for_update(of=("self",)).get(pk=deployment.run_id)
    change = change_named(deployment, name)
    _check_skippable(run, change)
    before, change.state, change.note = change.state, HandlerState.SKIPPED, reason
    HandlerChange.objects.filter(pk=change.pk).update(state=change.state, note=reason, changed_at=Now())
    record(
        actor=actor,
        action="handler.skip",
        product=deployment.environment.product.slug,
        environment=deployment.environment.name,
        subject=str(deployment),
        subject_url=reverse("deployment", args=[deployment.pk]),
        summary=f"Left the handler {name} out of the deployment of {deployment}.",
        reason=reason,
        before={name: before},
        after={name: HandlerState.SKIPPED},
        run=run.pk,
    )
    return change


def change_named(deployment: Deployment, name: str) -> HandlerChange:
    """What the deployment does to this handler, locked. Raises Missing."""
    change = HandlerChange.objects.select_for_update().filter(deployment=deployment, name=name).first()
    if change is None:
        raise Missing(f"The deployment of {deployment} changes no handler {name}.")
    return change


def skippable(change: HandlerChange) -> bool:
    """Whether it failed, be it put back since with the others or not."""
    returned = change.state == HandlerState.RETURNED and bool(change.error)
    return change.state == HandlerState.FAILED or returned


def _check_skippable(run: Run, change: HandlerChange) -> None:
    check_failed(run, "Handlers are left out of a failed deployment only.")
    if not skippable(change):
        raise WrongState(f"{not_failed(change)} Only one that failed can be left out.")


def check_failed(run: Run, rule: str) -> None:
    """Raises WrongState with the rule unless the deployment's Run failed."""
    if run.state != RunState.FAILED:
        raise WrongState(f"{run.title} has not failed; it is {run.get_state_display().lower()}. {rule}")


def not_failed(change: HandlerChange) -> str:
    """In words, why nothing is to be decided about a handler."""
    return f"The handler {change.name} has not failed; it is {change.get_state_display().lower()}."


def retriable(deployment: Deployment, change: HandlerChange) -> bool:
    """Whether it may be tried again alone: it failed, and the others were not put back because of it."""
    return change.state == HandlerState.FAILED and not deployment.returning


def try_again(deployment: Deployment, name: str = "") -> None:
    """Have a retry take up the handlers that failed or were put back, or only this one; in the caller's transaction."""
    again = HandlerChange.objects.filter(
        deployment=deployment, state__in=(HandlerState.FAILED, HandlerState.RETURNED)
    )
    if name:
        again = again.filter(name=name)
    again.exclude(version="").update(state=HandlerState.READY, error="", changed_at=Now())
    again.update(state=HandlerState.PENDING, error="", changed_at=Now())
    Deployment.objects.filter(pk=deployment.pk).update(returning=False)
