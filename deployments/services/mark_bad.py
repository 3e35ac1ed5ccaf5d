"""Marking a release bad: it is then offered nowhere, neither for a promotion nor for a rollback."""

from django.urls import reverse

from audit.services import record
from deployments.models import Release, ReleaseStatus
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState


@action("release.mark_bad", permission="release.mark_bad")
def mark_bad(*, actor: User, release: Release, bad: bool, reason: str) -> Release:
    """Mark a release bad, or good again, with a reason. Raises Invalid without one, WrongState when it is so already."""
    if not reason.strip():
        raise Invalid("Say why, so that others know.", errors={"reason": ["A reason is needed."]})
    if release.status != ReleaseStatus.READY:
        raise WrongState(f"{release} is not ready, so it cannot be deployed anyway.")
    if (
        Release.objects.filter(pk=release.pk, bad=not bad).update(bad=bad, bad_reason=reason if bad else "")
        != 1
    ):
        raise WrongState(f"{release} is marked {'bad' if bad else 'good'} already.")
    release.refresh_from_db(fields=["bad", "bad_reason"])
    record(
        actor=actor,
        action="release.mark_bad",
        product=release.product.slug,
        subject=str(release),
        subject_url=reverse("release", args=[release.product.slug, release.version]),
        summary=f"Marked {release} {'bad' if bad else 'good again'}.",
        reason=reason,
        before={"bad": not bad},
        after={"bad": bad},
    )
    return release
