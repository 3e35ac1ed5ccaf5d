"""From where the present thread acts: channel (page, api, worker, command), address and API token of its events."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    channel: str
    address: str | None = None
    token: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin("command"))  # noqa: B039 - frozen


def current() -> Origin:
    return _origin.get()


@contextmanager
def acting_from(channel: str, address: str | None = None, token: str = "") -> Iterator[None]:
    """Within the block, recorded events name this channel, address and API token."""
    before = _origin.set(Origin(channel, address, token))
    try:
        yield
    finally:
        _origin.reset(before)


def address_of(request: HttpRequest) -> str | None:
    """The visitor's address. Behind a proxy that is the last one it noted: those before it are the visitor's words."""
    noted = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return noted.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR") or None
