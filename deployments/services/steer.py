"""What a person may do to a deployment under way or failed: cancel, retry, skip."""

from collections.abc import Callable

from django.db.models.functions import Now
from django.urls import reverse

from audit.services import record
from deployments.models import Deployment, EnvironmentState
from deployments.selectors.deployments import running_deployment_of
from deployments.services.handlers import (
    change_named,
    check_failed,
    not_failed,
    retriable,
    try_again,
)
from runs.models import Run
from runs.services import Busy, request_cancel, retry_run, skip_step
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState


@action("deployment.cancel", permission="run.steer")
def cancel(*, actor: User, deployment: Deployment, reason: str) -> Deployment:
    """Stop the deployment before its next step. Raises WrongState once entry points are being written."""
    return _steer(
        "deployment.cancel", "Asked to stop the deployment of {}.", request_cancel, actor, deployment, reason
    )


@action("deployment.retry", permission="run.steer")
def retry(*, actor: User, deployment: Deployment, reason: str) -> Deployment:
    """Go on from the failed step. Raises Busy, or WrongState when it did not fail or a later one wrote entry points."""
    _lock(deployment)
    answer = _steer(
        "deployment.retry",
        "Retried the deployment of {} from its failed step.",
        retry_run,
        actor,
        deployment,
        reason,
    )
    try_again(deployment)
    _active_again(deployment)
    return answer


@action("handler.retry", permission="run.steer")
def retry_handler(*, actor: User, deployment: Deployment, name: str, reason: str) -> Deployment:
    """Go on from the failed step with this one of the handlers that failed; the others stay as they are.

    Raises as `retry` does, Missing for a handler that is no part of it, and WrongState for one that did not fail, or
    when all were put back.
    """
    _lock(deployment)
    deployment.refresh_from_db()
    change = change_named(deployment, name)
    check_failed(deployment.run, "Handlers of a failed deployment only are tried again.")
    if deployment.returning:
        raise WrongState(
            f"All handlers of the deployment of {deployment} were put back, so {name} is not tried again alone. Retry "
            "the deployment; leave out what shall keep its old code."
        )
    if not retriable(deployment, change):
        raise WrongState(f"{not_failed(change)} Only one that failed can be tried again.")
    told = f"Retried the handler {name} of the deployment of {{}}."
    answer = _steer("handler.retry", told, retry_run, actor, deployment, reason)
    try_again(deployment, name)
    _active_again(deployment)
    return answer


@action("deployment.skip", permission="run.steer")
def skip(*, actor: User, deployment: Deployment, reason: str) -> Deployment:
    """Leave out the failed step, where it allows that, and go on. Raises Busy or WrongState."""
    _lock(deployment)
    answer = _steer(
        "deployment.skip",
        "Went on with the deployment of {} without its failed step.",
        skip_step,
        actor,
        deployment,
        reason,
    )
    _active_again(deployment)
    return answer


def _active_again(deployment: Deployment) -> None:
    EnvironmentState.objects.filter(pk=deployment.environment_id).update(
        active=deployment, failed=None, changed_at=Now()
    )


def _lock(deployment: Deployment) -> None:
    """The Run, then the environment's state, then the scopes: the order in which the runner takes them."""
    Run.objects.select_for_update(of=("self",)).get(pk=deployment.run_id)
    EnvironmentState.objects.select_for_update().get(pk=deployment.environment_id)


def _steer(
    name: str, told: str, act: Callable[[Run], object], actor: User, deployment: Deployment, reason: str
) -> Deployment:
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    before = deployment.status
    try:
        act(deployment.run)
    except Busy as busy:
        running = running_deployment_of(busy.details["run"])
        busy.details["running"] = running.pk if running else None
        raise
    deployment.run.refresh_from_db()
    record(
        actor=actor,
        action=name,
        product=deployment.environment.product.slug,
        environment=deployment.environment.name,
        subject=str(deployment),
        subject_url=reverse("deployment", args=[deployment.pk]),
        summary=told.format(deployment),
        reason=reason,
        before={"status": before},
        after={"status": deployment.status},
        run=deployment.run_id,
    )
    return deployment
