"""Making deliveries of what was sealed since the last time. Only the database is touched."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.models import Event, Seal
from notifications.kinds import Kind, Told, kind_of, label_of
from notifications.message import subject_of
from notifications.models import Channel, Cursor, Delivery, Rule

SEALS_A_TIME = 500


def tell() -> int:
    """Insert one delivery per event and channel that a rule wants; returns how many.

    The cursor moves in the same transaction and from where it was read, so of two callers one inserts.
    """
    cursor = _cursor()
    unread = Seal.objects.filter(position__gt=cursor.position).select_related("event").order_by("position")
    seals = list(unread[:SEALS_A_TIME])
    if not seals:
        return 0
    wanted = list(_wanted([seal.event for seal in seals]))
    with transaction.atomic():
        read = Cursor.objects.filter(pk=cursor.pk, position=cursor.position)
        if not read.update(position=seals[-1].position):
            return 0
        Delivery.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)


def _cursor() -> Cursor:
    """Where to go on. The first time it is the newest seal, so that nothing old is told."""
    found = Cursor.objects.filter(pk=Cursor.ONE).first()
    if found:
        return found
    newest = Seal.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return Cursor.objects.get_or_create(pk=Cursor.ONE, defaults={"position": newest})[0]


def _wanted(events: Sequence[Event]) -> Iterator[Delivery]:
    rules = list(
        Rule.objects.filter(enabled=True, channel__enabled=True).select_related("channel", "product")
    )
    for event in events:
        kind = kind_of(Told(event.action, event.result, _after(event), person=event.actor_id is not None))
        if kind:
            channels = {rule.channel for rule in rules if matches(rule, kind, event)}
            yield from (delivery_of(event, channel, kind.name) for channel in channels)


def _after(event: Event) -> dict[str, Any]:
    return event.after if isinstance(event.after, dict) else {}


def matches(rule: Rule, kind: Kind, event: Event) -> bool:
    """Whether the rule wants the event. No channel is told that it gave up itself."""
    return (
        (not rule.kinds or kind.name in rule.kinds)
        and (rule.product is None or rule.product.slug == event.product)
        and rule.environment in ("", event.environment)
        and not (kind.name == "channel.gave_up" and _after(event).get("channel") == rule.channel.name)
    )


def delivery_of(event: Event, channel: Channel, kind: str) -> Delivery:
    """An unsaved delivery of the event."""
    payload = payload_of(event, kind)
    return Delivery(
        channel=channel,
        event=event,
        kind=kind,
        subject=subject_of(label_of(kind), payload),
        payload=payload,
    )


def payload_of(event: Event, kind: str) -> dict[str, Any]:
    """What a webhook gets. Times are RFC 3339 in UTC; `url` is the page to look at."""
    return {
        "id": event.pk,
        "at": event.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "kind": kind,
        "product": event.product,
        "environment": event.environment,
        "subject": event.subject,
        "summary": event.summary,
        "reason": event.reason,
        "url": settings.CONSOLE_PUBLIC_URL.rstrip("/") + event.subject_url if event.subject_url else "",
        "actor": event.actor_name,
        "after": event.after,
    }
