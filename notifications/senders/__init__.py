"""Sending one delivery: by e-mail, chat or webhook."""

import structlog

from notifications.models import ChannelKind, Delivery
from notifications.senders.chat import send_chat
from notifications.senders.email import send_email
from notifications.senders.outcome import NotSent, Sent
from notifications.senders.webhook import send_webhook

__all__ = ["NotSent", "Sent", "send"]

SENDERS = {
    ChannelKind.EMAIL: send_email,
    ChannelKind.CHAT: send_chat,
    ChannelKind.WEBHOOK: send_webhook,
}

log = structlog.get_logger(__name__)


def send(delivery: Delivery) -> Sent:
    """Send it once, within about 10 s. Raises NotSent."""
    try:
        return SENDERS[ChannelKind(delivery.channel.kind)](delivery)
    except NotSent:
        raise
    except Exception as error:
        # One piece of news that cannot be sent must not keep the channel's others back. The delivery shows it.
        log.exception("notification not sent", delivery=delivery.pk)
        raise NotSent(f"It could not be sent: {type(error).__name__}: {error}") from error
