"""E-mail, by the mail server that EMAIL_URL names."""

from collections.abc import Iterator
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.message import text_of
from notifications.models import Delivery
from notifications.senders.outcome import NotSent, Sent


class Copy(EmailMessage):
    """The mail as one of those gets it to whom it goes: a server that refuses one address says so for that one."""

    recipient = ""

    def recipients(self) -> list[str]:
        return [self.recipient]


def send_email(delivery: Delivery) -> Sent:
    """One mail to all addresses of the channel. Raises NotSent when none of them was taken."""
    if not settings.CONSOLE_EMAIL:
        raise NotSent("No mail server is configured. Set EMAIL_URL for the workers; see docs/OPERATIONS.md.")
    try:
        with get_connection() as server:
            refused = list(_refused(delivery, server))
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail server did not take it: {error or type(error).__name__}.") from error
    told = f"The mail server did not take it for {'; '.join(refused)}." if refused else ""
    if len(refused) == len(delivery.channel.addresses):
        raise NotSent(told)
    return Sent(but=told)


def _refused(delivery: Delivery, server: BaseEmailBackend) -> Iterator[str]:
    """Send it to each address; those that the server refused, with its words."""
    for address in delivery.channel.addresses:
        try:
            server.send_messages([_copy(delivery, address)])
        except SMTPRecipientsRefused as refusal:
            code, words = refusal.recipients[address]
            yield f"{address} ({code} {words.decode(errors='replace')})"


def _copy(delivery: Delivery, address: str) -> Copy:
    sender = settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].strip("> ")
    copy = Copy(
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
    copy.recipient = address
    return copy
