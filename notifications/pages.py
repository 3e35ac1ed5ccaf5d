"""What the pages of notifications show, as plain data."""

import json
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Now
from django.urls import reverse

from notifications.kinds import label_of
from notifications.models import Channel, ChannelKind, Delivery, DeliveryState, Rule
from notifications.selectors import channels, log_page, rules
from notifications.services import EDIT
from users.models import User

SHOWN = 10
SIGNS = {
    DeliveryState.PENDING: ("run", "wait"),
    DeliveryState.SENT: ("", "check"),
    DeliveryState.FAILED: ("warn", "retry"),
    DeliveryState.GIVEN_UP: ("stop", "fail"),
}
"""By state: kind of sign, icon."""


def overview(user: User) -> dict[str, Any]:
    """Channels and rules on one page."""
    return {
        "channels": [_line(channel) for channel in channels()],
        "rules": [_rule(rule) for rule in rules()],
        "may_edit": user.may(EDIT),
    }


def _line(channel: Channel) -> dict[str, Any]:
    return {"channel": channel, "target": target_of(channel), "state": state_of(channel)}


def target_of(channel: Channel) -> str:
    """Where it leads, in a line."""
    if channel.kind == ChannelKind.EMAIL:
        return ", ".join(channel.addresses)
    return channel.url or f"the address in {channel.variable}"


def state_of(channel: Channel) -> tuple[str, str, str]:
    """Kind of sign, words, icon."""
    if not channel.enabled:
        return "", "Switched off", "skip"
    if channel.failures:
        times = "once" if channel.failures == 1 else f"{channel.failures} times in a row"
        return "warn", f"Failed {times}", "warn"
    return "", "On", "check"


def _rule(rule: Rule) -> dict[str, Any]:
    place = f"{rule.product or 'Every product'}, {rule.environment or 'every environment'}"
    kinds = ", ".join(label_of(kind) for kind in rule.kinds) or "All news"
    return {"rule": rule, "place": place, "kinds": kinds}


def channel_page(user: User, channel: Channel) -> dict[str, Any]:
    """One channel. `poll_url` as long as something waits to be sent."""
    log = log_page(channel=channel.name, limit=SHOWN)
    may_edit = user.may(EDIT)
    waits = channel.enabled and any(one.is_waiting for one in log.deliveries)
    return {
        "channel": channel,
        "target": target_of(channel),
        "state": state_of(channel),
        "rests": Channel.objects.filter(pk=channel.pk, rests_until__gt=Now()).exists(),
        "rules": [_rule(rule) for rule in rules().filter(channel=channel)],
        "deliveries": [line_of(one) for one in log.deliveries],
        "may_edit": may_edit,
        "log_url": f"{reverse('deliveries')}?{urlencode({'channel': channel.name})}",
        "poll_url": reverse("channel-now", args=[channel.name]) if waits else "",
    }


def line_of(delivery: Delivery) -> dict[str, Any]:
    """One line of the log."""
    sign, icon = SIGNS[DeliveryState(delivery.state)]
    return {
        "delivery": delivery,
        "kind": label_of(delivery.kind),
        "sign": (sign, delivery.get_state_display(), icon),
        "url": reverse("delivery", args=[delivery.pk]),
    }


def log_context(*, channel: str, state: str, before: int | None) -> dict[str, Any]:
    """The delivery log with its filters as links."""
    log = log_page(channel=channel, state=state, before=before)
    states = [("All", ""), *((label, value) for value, label in DeliveryState.choices)]
    names = [
        ("Every channel", ""),
        *((name, name) for name in Channel.objects.values_list("name", flat=True)),
    ]
    return {
        "deliveries": [line_of(one) for one in log.deliveries],
        "states": [(label, _log_url(channel, value), value == state) for label, value in states],
        "channels": [(label, _log_url(value, state), value == channel) for label, value in names],
        "older_url": _log_url(channel, state, log.older) if log.older else "",
        "newer_url": _log_url(channel, state) if before else "",
    }


def _log_url(channel: str, state: str, before: int | None = None) -> str:
    asked = {"channel": channel, "state": state, "before": before}
    told = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('deliveries')}?{told}" if told else reverse("deliveries")


def delivery_page(user: User, delivery: Delivery) -> dict[str, Any]:
    """One delivery: what became of it, and what was sent."""
    given_up = delivery.state == DeliveryState.GIVEN_UP
    return {
        **line_of(delivery),
        "payload": json.dumps(delivery.payload, indent=2, ensure_ascii=False, sort_keys=True),
        "event_url": reverse("audit-event", args=[delivery.event_id]) if user.may("audit.view") else "",
        "may_repeat": given_up and delivery.channel.enabled and user.may(EDIT),
    }
