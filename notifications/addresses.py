"""Whether a webhook may be sent to an address. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\.?", re.IGNORECASE)
"""A name with a domain, whose last label is no number: other spellings of addresses are none."""

HTTPS_ONLY = "A webhook goes to an address that begins with https:// and names a host."


def problem_of(url: str, *, demo: bool) -> str:
    """Why the address is refused, "" when it is not. The demo may also reach http on loopback."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return HTTPS_ONLY
    if demo and parts.scheme == "http" and is_loopback(host):
        return _details(parts)
    if parts.scheme != "https" or not host or port == 0:
        return HTTPS_ONLY
    if not NAME.fullmatch(host):
        return "A webhook's host is a name, not an address, so that its certificate says who answers."
    return _details(parts)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its own name or address."""
    return host == "localhost" or (_address(host) and ip_address(host).is_loopback)


def _address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _details(parts: SplitResult) -> str:
    if parts.username or parts.password:
        return "No user or password in the address: it is shown on pages. The signature says who sends."
    return "Leave out what follows the #: it is never sent." if parts.fragment else ""
