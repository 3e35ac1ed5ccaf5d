"""E-mail, by the mail server that EMAIL_URL names."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from notifications.message import text_of
from notifications.models import Delivery
from notifications.senders.refusal import NotSent


def send_email(delivery: Delivery) -> None:
    """One mail to all addresses of the channel. Raises NotSent."""
    if not settings.CONSOLE_EMAIL:
        raise NotSent("No mail server is configured. Set EMAIL_URL for the workers; see docs/OPERATIONS.md.")
    try:
        _message(delivery).send()
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail server did not take it: {error or type(error).__name__}.") from error


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
        connection=get_connection(),
    )
