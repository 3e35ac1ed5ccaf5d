"""Silencing an alarm: it still rings in AWS, and nobody is told of it here."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from audit.services import record
from monitoring.models import Alarm, Silence
from monitoring.selectors.alarms import silence_of
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState

SHORTEST, LONGEST = 5, 14 * 24 * 60
"""Minutes."""


@action("alarm.silence", permission="alarm.silence")
def silence(*, actor: User, alarm: Alarm, minutes: int, reason: str) -> Silence:
    """Tell nobody of the alarm for so many minutes. Raises Invalid, or WrongState while it is silenced already."""
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["Say why."]})
    if not SHORTEST <= minutes <= LONGEST:
        raise Invalid(
            "A silence lasts from 5 minutes to 14 days.", errors={"minutes": ["5 minutes to 14 days."]}
        )
    locked = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    if held := silence_of(locked):
        raise WrongState(
            f"{alarm.name} is silenced until {held.until:%d %b %H:%M} UTC by {held.actor}. End that first."
        )
    made = Silence.objects.create(
        alarm=locked, reason=reason, until=timezone.now() + timedelta(minutes=minutes), actor=actor
    )
    record(
        actor=actor,
        action="alarm.silence",
        product=alarm.product.slug if alarm.product else "",
        environment=alarm.environment.name if alarm.environment else "",
        subject=f"alarm {alarm.name}",
        subject_url=reverse("alarm", args=[alarm.pk]),
        summary=f"Silenced the alarm {alarm.name} until {made.until:%d %b %H:%M} UTC.",
        reason=reason,
        after={"until": made.until.isoformat()},
    )
    return made


@action("alarm.unsilence", permission="alarm.silence")
def unsilence(*, actor: User, alarm: Alarm, reason: str = "") -> None:
    """End the silence before its time. Raises WrongState when there is none."""
    locked = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    held = silence_of(locked)
    if held is None:
        raise WrongState(f"{alarm.name} is not silenced.")
    Silence.objects.filter(pk=held.pk).update(ended_at=timezone.now())
    record(
        actor=actor,
        action="alarm.unsilence",
        product=alarm.product.slug if alarm.product else "",
        environment=alarm.environment.name if alarm.environment else "",
        subject=f"alarm {alarm.name}",
        subject_url=reverse("alarm", args=[alarm.pk]),
        summary=f"Ended the silence of the alarm {alarm.name}.",
        reason=reason,
        before={"until": held.until.isoformat()},
    )
