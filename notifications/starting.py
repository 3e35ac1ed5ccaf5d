"""Starting a Run for each channel that has something due."""

import structlog

from notifications.models import Channel
from notifications.outbox import due
from notifications.steps import DELIVER
from runs.models import RunScope
from runs.services import Busy, start

log = structlog.get_logger(__name__)


def start_due() -> int:
    """Start what is not under way yet; returns how many. A channel has one Run at a time."""
    channels = Channel.objects.filter(pk__in=due().values("channel_id"))
    busy = set(RunScope.objects.filter(scope__startswith="channel:").values_list("scope", flat=True))
    return sum(_start(channel) for channel in channels if channel.scope not in busy)


def _start(channel: Channel) -> bool:
    try:
        start(
            kind=DELIVER,
            title=f"Notify channel {channel.name}",
            scopes=[channel.scope],
            actor=None,
            url=channel.page,
        )
    except Busy as refusal:
        log.info("notifications are on their way already", channel=channel.name, because=refusal.text)
        return False
    return True
