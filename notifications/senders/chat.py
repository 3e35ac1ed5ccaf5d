"""Chat services, by `apprise`. Only those that are spoken to by https."""

import logging
import re
import sys
from typing import TYPE_CHECKING

from django.conf import settings

from notifications.message import text_of
from notifications.models import Delivery
from notifications.senders.outcome import SECONDS, NotSent, Sent

if TYPE_CHECKING:
    from apprise import NotifyBase

LONGEST_ERROR = 500

# What they log may hold the address, which is a secret. What matters of it is in the delivery's error.
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("urllib3").setLevel(logging.INFO)


def send_chat(delivery: Delivery) -> Sent:
    """One message to the service whose address is in the environment. Raises NotSent."""
    variable = delivery.channel.variable
    url = settings.CONSOLE_CHAT_SECRETS.get(delivery.channel.setting, "")
    if not url:
        raise NotSent(f"{variable} is not set for the workers of the queue watch. See docs/OPERATIONS.md.")
    service = service_of(url, variable)
    # Loading it takes a second and some memory, which only workers that send pay for.
    from apprise import Apprise, AppriseAsset

    sender = Apprise(asset=AppriseAsset(http_redirects=False))
    sender.add(service)
    result = sender.notify(body=text_of(delivery.payload), title=delivery.subject, timeout=SECONDS)
    if not result:
        told = " ".join(str(entry.message) for entry in result.logs())
        raise NotSent(f"The chat service did not take it. {_without_secrets(told, url)}".strip())
    return Sent()


def service_of(url: str, variable: str) -> "NotifyBase":
    """The service that the address names. Raises NotSent, which names the variable and never its value."""
    from apprise import Apprise, AppriseAsset

    service = Apprise.instantiate(url, asset=AppriseAsset(http_redirects=False))
    if service is None:
        raise NotSent(
            f"{variable} is no address of a service that Apprise knows. See Apprise's list of services."
        )
    if not _is_https(service, url):
        raise NotSent(f"{variable} names a service that is not spoken to by https. Choose one that is.")
    if not service.verify_certificate:
        raise NotSent(f"{variable} turns the check of certificates off. Take verify=no out of it.")
    return service


def _is_https(service: "NotifyBase", url: str) -> bool:
    schema = url.partition("://")[0].lower()
    secure = service.secure_protocol or ()
    known = {"https", secure} if isinstance(secure, str) else {"https", *secure}
    # Secure mail and message queues have secure schemas, too; those over https ask by `requests`.
    return schema in known and hasattr(sys.modules[type(service).__module__], "requests")


def _without_secrets(text: str, url: str) -> str:
    """The text without any longer part of the address, which may be a token."""
    for part in sorted(re.split(r"[^\w.-]+", url), key=len, reverse=True):
        if len(part) >= 6:
            text = text.replace(part, "…")
    return text[:LONGEST_ERROR]
