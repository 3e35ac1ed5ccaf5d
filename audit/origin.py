"""From where the present thread acts: the address and the channel (page, api, worker, command) of its events."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    channel: str
    address: str | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin("command"))


def current() -> Origin:
    return _origin.get()


@contextmanager
def acting_from(channel: str, address: str | None = None) -> Iterator[None]:
    """Within the block, recorded events name this channel and address."""
    token = _origin.set(Origin(channel, address))
    try:
        yield
    finally:
        _origin.reset(token)
