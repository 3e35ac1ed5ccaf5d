"""What a person may do to a plan that is being applied or failed: go on, or stop."""

from collections.abc import Callable

from django.urls import reverse

from audit.services import record
from provisioning.models import Apply
from runs.models import Run
from runs.services import request_cancel, retry_run
from users.actions import action
from users.models import User
from users.refusals import Invalid


@action("estate.retry", permission="estate.apply")
def retry(*, actor: User, apply: Apply, reason: str) -> Apply:
    """Go on from the failed change. Raises Busy, or WrongState when it did not fail."""
    return _steer("estate.retry", "Went on with a plan", retry_run, actor, apply, reason)


@action("estate.cancel", permission="estate.apply")
def cancel(*, actor: User, apply: Apply, reason: str) -> Apply:
    """Stop before the next change; what was changed stays changed. Raises WrongState when it has ended."""
    return _steer("estate.cancel", "Asked to stop a plan", request_cancel, actor, apply, reason)


def _steer(
    name: str, what: str, act: Callable[[Run], object], actor: User, apply: Apply, reason: str
) -> Apply:
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    before = apply.run.state
    act(apply.run)
    apply.run.refresh_from_db()
    record(
        actor=actor,
        action=name,
        product=apply.product.slug,
        subject=apply.product.name,
        subject_url=reverse("estate-apply", args=[apply.product.slug, apply.pk]),
        summary=f"{what} for the AWS resources of {apply.product}.",
        reason=reason,
        before={"status": before},
        after={"status": apply.run.state},
        run=apply.run_id,
    )
    return apply
