"""What people do to channels, rules and deliveries: one function per action, each on record."""

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now

from audit.services import record
from notifications.kinds import KINDS, TEST
from notifications.models import WAITING, Channel, Delivery, DeliveryState, Rule
from notifications.telling import delivery_of
from products.changes import edit, record_change
from products.services.rules import not_named, refuse_unchanged
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState

EDIT = "notify.edit"
SWITCHED_OFF = "The channel was switched off before this was sent."
NOT_CHANGED = ("name", "kind")
"""Chosen once: addresses and the log name a channel by them."""


@action("channel.create", permission=EDIT)
def create_channel(*, actor: User | None, values: Mapping[str, Any], reason: str = "") -> Channel:
    """Add a channel. Nothing goes there until a rule says so. Raises Invalid."""
    channel = Channel()
    change = edit(channel, not_named(values, {"new"}))
    channel.save()
    record_change(actor, "channel.create", channel, f"Channel {channel.name} added", reason, change)
    return channel


@action("channel.edit", permission=EDIT)
def edit_channel(
    *, actor: User | None, channel: Channel, values: Mapping[str, Any], reason: str = ""
) -> Channel:
    """Change a channel. One that is switched off forgets what it had not sent yet. Raises Invalid."""
    row = Channel.objects.select_for_update().get(pk=channel.pk)
    if any(values.get(name, getattr(row, name)) != getattr(row, name) for name in NOT_CHANGED):
        raise Invalid("The name and the kind of a channel stay. Add another channel instead.")
    change = edit(row, values)
    refuse_unchanged(change)
    # What was wrong may be right now, so it is tried at once.
    row.failures, row.rests_until = 0, None
    row.save()
    dropped = 0 if row.enabled else _drop_waiting(row)
    told = f"; {dropped} that waited were dropped" if dropped else ""
    record_change(actor, "channel.edit", row, f"Channel {row.name} changed{told}", reason, change)
    return row


def _drop_waiting(channel: Channel) -> int:
    waiting = channel.deliveries.filter(state__in=WAITING)
    return waiting.update(state=DeliveryState.GIVEN_UP, error=SWITCHED_OFF)


@action("channel.test", permission=EDIT)
def send_test(*, actor: User | None, channel: Channel) -> Delivery:
    """Send a test to the channel, before what waits. Raises WrongState while it is switched off."""
    _check_on(channel)
    event = record(
        actor=actor,
        action="channel.test",
        subject=channel.audit_place["subject"],
        subject_url=channel.page,
        summary=f"This is a test of channel {channel.name}. Nothing happened; whoever reads it is told from now on.",
    )
    _wake(channel)
    delivery = delivery_of(event, channel, TEST)
    delivery.save()
    return delivery


@action("delivery.repeat", permission=EDIT)
def repeat(*, actor: User | None, delivery: Delivery, reason: str = "") -> Delivery:
    """Have what was given up sent again, for another day. Raises WrongState."""
    row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery.pk)
    _check_on(row.channel)
    if row.state != DeliveryState.GIVEN_UP:
        raise WrongState(
            f"Notification {row.pk} is {row.get_state_display().lower()}. Only what was given up is sent again."
        )
    _wake(row.channel)
    Delivery.objects.filter(pk=row.pk).update(
        state=DeliveryState.PENDING, attempts=0, wanted_at=Now(), next_at=Now()
    )
    record(
        actor=actor,
        action="delivery.repeat",
        subject=row.audit_place["subject"],
        subject_url=row.channel.page,
        summary=f"Had notification {row.pk} sent again to channel {row.channel.name}",
        reason=reason,
        after={"notification": row.pk, "of_event": row.event_id},
    )
    return row


@action("rule.create", permission=EDIT)
def create_rule(*, actor: User | None, values: Mapping[str, Any], reason: str = "") -> Rule:
    """Add a rule; it counts for what happens from now on. Raises Invalid."""
    rule = Rule()
    change = edit(rule, _known(values))
    rule.save()
    record_change(
        actor, "rule.create", rule, f"Rule {rule.name} added for channel {rule.channel}", reason, change
    )
    return rule


@action("rule.edit", permission=EDIT)
def edit_rule(*, actor: User | None, rule: Rule, values: Mapping[str, Any], reason: str = "") -> Rule:
    """Change a rule, or switch it off. Raises Invalid."""
    row = Rule.objects.select_for_update(of=("self",)).select_related("channel", "product").get(pk=rule.pk)
    change = edit(row, _known(values))
    refuse_unchanged(change)
    row.save()
    record_change(actor, "rule.edit", row, f"Rule {row.name} changed", reason, change)
    return row


def _known(values: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := [name for name in values.get("kinds", ()) if name not in KINDS]:
        text = f"There is no kind of news called {unknown[0]!r}."
        raise Invalid(text, errors={"kinds": [text]})
    return values


def _check_on(channel: Channel) -> None:
    if not Channel.objects.filter(pk=channel.pk, enabled=True).exists():
        raise WrongState(f"Channel {channel.name} is switched off. Switch it on first.")


def _wake(channel: Channel) -> None:
    """A channel that rests is tried now, because a person wants to see whether it works."""
    Channel.objects.filter(pk=channel.pk).update(rests_until=None)
