"""E-mail, by the mail server that EMAIL_URL names."""

from collections.abc import Mapping
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.message import text_of
from notifications.models import Delivery
from notifications.senders.outcome import NotSent, Sent

Refusals = Mapping[str, tuple[int, bytes]]
"""By address, the server's code and words."""


def send_email(delivery: Delivery) -> Sent:
    """One mail to all addresses of the channel. Raises NotSent when none of them was taken."""
    if not settings.CONSOLE_EMAIL:
        raise NotSent("No mail server is configured. Set EMAIL_URL for the workers; see docs/OPERATIONS.md.")
    try:
        refused = _sent(_message(delivery))
    except SMTPRecipientsRefused as error:
        raise NotSent(_told(error.recipients)) from error
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail server did not take it: {error or type(error).__name__}.") from error
    return Sent(but=_told(refused) if refused else "")


def _sent(message: EmailMessage) -> Refusals:
    """Whom the server refused; Django's own way of sending does not tell, as long as it took one."""
    with EmailBackend() as server:
        assert server.connection is not None
        return server.connection.send_message(message.message(), message.from_email, message.recipients())


def _told(refused: Refusals) -> str:
    every = (
        f"{address} ({code} {words.decode(errors='replace')})" for address, (code, words) in refused.items()
    )
    return f"The mail server did not take it for {'; '.join(every)}."


def _message(delivery: Delivery) -> EmailMessage:
    sender = settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].strip("> ")
    return EmailMessage(
        subject=delivery.subject,
        body=text_of(delivery.payload),
        from_email=sender,
        to=delivery.channel.addresses,
        # The same at each try, so that mail programs can tell a repetition.
        headers={
            "Message-ID": f"<console-delivery-{delivery.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )
