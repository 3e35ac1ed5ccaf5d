"""How a Run's end shows: pointers of what runs where, a release's status, and one line in the audit log.

Called by the runner inside the transaction that ends the Run.
"""

from django.db.models.functions import Now
from django.urls import reverse

from audit.models import Result
from audit.services import record
from deployments.found import keep_what_was_found
from deployments.listeners import ended_by
from deployments.models import (
    Deployment,
    DeploymentKind,
    EnvironmentState,
    Fleet,
    HandlerState,
    Release,
    ReleaseStatus,
)
from deployments.selectors.deployments import scopes_of, switched_after, wrote_after
from products.models import Environment
from runs.models import Run, RunState, StepState

RESULTS = {
    RunState.SUCCEEDED: Result.OK,
    RunState.FAILED: Result.FAILED,
    RunState.CANCELLED: Result.OK,
}


def deployment_ended(run: Run) -> None:
    """Move the environment's pointers, and put the end on record with the request ids of what it wrote."""
    deployment = Deployment.objects.select_related("environment__product", "release__product", "actor").get(
        run=run
    )
    if deployment.backend_id:
        _end_handlers(deployment, run)
    states = EnvironmentState.objects.filter(pk=deployment.environment_id)
    states.filter(active=deployment).update(active=None, changed_at=Now())
    verifying = run.steps.filter(name__in=("verify", "verify-handlers"))
    seen = not verifying.exclude(state=StepState.DONE).exists()
    if run.state == RunState.SUCCEEDED and not seen:
        states.update(failed=None, changed_at=Now())
    elif run.state == RunState.SUCCEEDED:
        Deployment.objects.filter(pk=deployment.pk).update(live_at=Now())
        states.update(
            failed=None, changed_at=Now(), **({"live": deployment} if deployment.artifact_id else {})
        )
    elif run.state == RunState.FAILED:
        states.update(failed=deployment, changed_at=Now())
    else:
        states.filter(failed=deployment).update(failed=None, changed_at=Now())
    record(
        actor=deployment.actor,
        action="deployment.ended",
        result=RESULTS[RunState(run.state)],
        product=deployment.environment.product.slug,
        environment=deployment.environment.name,
        subject=str(deployment),
        subject_url=reverse("deployment", args=[deployment.pk]),
        summary=_deployment_sentence(deployment, run, seen=seen),
        after={"status": _status(deployment, run), "kind": deployment.kind},
        run=run.pk,
        request_ids=request_ids(run),
    )
    for told in ended_by:
        told(deployment, run)


def _end_handlers(deployment: Deployment, run: Run) -> None:
    """Nothing is under way any more; of what stopped in the middle callers get a part."""
    # Begun by a worker that died: a retry looks at each anew.
    deployment.handlers.filter(state=HandlerState.UPDATING).update(state=HandlerState.PENDING)
    states = set(deployment.handlers.values_list("state", flat=True))
    stopped = run.state == RunState.FAILED and HandlerState.DONE in states
    if stopped and states - {HandlerState.DONE, HandlerState.SKIPPED}:
        deployment.partial = True
        Deployment.objects.filter(pk=deployment.pk).update(partial=True)
        place = deployment.environment
        fleet = Fleet.objects.get(account=place.backend_account_id, prefix=place.function_prefix)
        back_end_runs(fleet, deployment)


def back_end_runs(fleet: Fleet, deployment: Deployment) -> None:
    """From now on callers get the deployment's code; a rollback leaves the one whose code ran until now."""
    keep_what_was_found(fleet, deployment)
    if deployment.kind == DeploymentKind.ROLLBACK:
        ran = Deployment.objects.filter(pk__in=[fleet.running_id]).exclude(pk=deployment.pk)
        ran.update(back_end_left=True)
    Fleet.objects.filter(pk=fleet.pk).update(running=deployment)


def _status(deployment: Deployment, run: Run) -> str:
    if run.state == RunState.SUCCEEDED:
        return "live"
    return "partial" if run.state == RunState.FAILED and deployment.partial else run.state


def _deployment_sentence(deployment: Deployment, run: Run, *, seen: bool) -> str:
    if run.state == RunState.SUCCEEDED and not seen:
        return f"{deployment.release.version} runs in {deployment.environment}, not verified: that step was skipped."
    if run.state == RunState.SUCCEEDED:
        where = "at the edge" if deployment.artifact_id else "in its functions"
        return f"{deployment.release.version} is live in {deployment.environment}, seen {where}."
    what = f"{deployment.in_words[0].upper()}{deployment.in_words[1:]}"
    if run.state == RunState.CANCELLED:
        return f"{what} was stopped before entry points were written; visitors noticed nothing."
    return f"{what} failed: {run.error}"


def request_ids(run: Run) -> list[str]:
    """The request ids of the writing calls of all its steps, in order."""
    return [request_id for step in run.steps.all() for request_id in step.request_ids]


def ingest_ended(run: Run) -> None:
    """A release whose ingest did not end well is rejected, with the cause as its reason when the check gave none."""
    release = Release.objects.select_related("product", "created_by").get(run=run)
    if run.state != RunState.SUCCEEDED:
        reasons = release.reasons or [{"path": None, "text": run.error or "The check was stopped."}]
        Release.objects.filter(pk=release.pk).update(status=ReleaseStatus.REJECTED, reasons=reasons)
    record(
        actor=release.created_by,
        action="release.checked",
        result=Result.OK if run.state == RunState.SUCCEEDED else Result.FAILED,
        product=release.product.slug,
        subject=str(release),
        subject_url=reverse("release", args=[release.product.slug, release.version]),
        summary=_ingest_sentence(release, run),
        run=run.pk,
        request_ids=request_ids(run)[:100],
    )


def _ingest_sentence(release: Release, run: Run) -> str:
    if run.state == RunState.SUCCEEDED:
        return f"{release} is ready to be promoted."
    why = run.error or "the check was stopped."
    return why if why.startswith(f"{release} was rejected") else f"{release} was rejected: {why}"


def prune_ended(run: Run) -> None:
    """What was deleted, or why nothing was."""
    step = run.steps.get(name="prune")
    scope = next(name for name in run.scope_names if name.startswith("environment:"))
    environment = Environment.objects.select_related("product").get(pk=scope.partition(":")[2])
    deleted = step.output.get("deleted", step.done)
    record(
        actor=run.actor,
        action="environment.pruned",
        result=RESULTS[RunState(run.state)],
        product=environment.product.slug,
        environment=environment.name,
        subject=run.title,
        subject_url=run.url,
        summary=_prune_sentence(environment, run, deleted),
        after={"deleted": deleted},
        run=run.pk,
        request_ids=request_ids(run),
    )


def versions_pruned(run: Run) -> None:
    """What was deleted of a fleet's versions, or why nothing was."""
    step = run.steps.get(name="prune")
    # Of one that failed, the writing calls that AWS answered.
    deleted = step.output.get("deleted", step.writes)
    record(
        actor=run.actor,
        action="fleet.pruned",
        result=RESULTS[RunState(run.state)],
        subject=run.title,
        subject_url=run.url,
        summary=f"{run.title} failed: {run.error}"
        if run.error
        else f"{run.title}: {deleted} versions were deleted.",
        after={"deleted": deleted},
        run=run.pk,
        request_ids=request_ids(run),
    )


def _prune_sentence(environment: Environment, run: Run, deleted: int) -> str:
    if run.error:
        return f"The pruning of {environment} failed: {run.error}"
    return f"Pruned {environment}: {deleted} old assets were deleted."


def retry_refused(run: Run) -> str | None:
    """Why a failed deployment may not be retried: what its steps before the failed one did no longer holds."""
    deployment = Deployment.objects.select_related("environment__product").get(run=run)
    environment = deployment.environment
    if sorted(scopes_of(environment, deployment.carried)) != run.scope_names:
        return (
            f"{environment} got another bucket, distribution or back end after this deployment was made, so its steps "
            "would write to two places. Promote the release anew instead."
        )
    if deployment.backend_id and (newer := switched_after(deployment)):
        return (
            f"Deployment {newer.pk} ({newer.release.version}) began to change the same handlers after this one. "
            "Promote the release anew instead."
        )
    later = wrote_after(deployment)
    if later is None:
        return None
    what = "entry points" if later.switched_at else "over files"
    return f"Deployment {later.pk} ({later.release.version}) wrote {what} after this one. Promote the release anew instead."
