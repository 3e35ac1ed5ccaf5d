"""Writing the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from audit.models import Event, Result
from audit.origin import current

_written: ContextVar[list[int] | None] = ContextVar("written", default=None)

SYSTEM = "console"


def record(
    *,
    actor: AbstractBaseUser | None,
    action: str,
    result: str = Result.OK,
    product: str = "",
    environment: str = "",
    subject: str = "",
    subject_url: str = "",
    summary: str = "",
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    run: int | None = None,
    request_ids: Sequence[str] = (),
    actor_name: str = "",
) -> Event:
    """Append one event, in the caller's transaction. `actor` None is the console itself (or `actor_name`)."""
    origin = current()
    event = Event.objects.create(
        actor_id=actor.pk if actor else None,
        actor_name=actor_name or (actor.get_username() if actor else SYSTEM),
        action=action,
        result=result,
        product=product,
        environment=environment,
        subject=subject[:300],
        subject_url=subject_url,
        summary=summary[:500],
        reason=reason,
        before=before,
        after=after,
        run=run,
        request_ids=list(request_ids),
        address=origin.address,
        channel=origin.channel,
        token=origin.token,
    )
    written = _written.get()
    if written is not None:
        written.append(event.pk)
    return event


@contextmanager
def watching() -> Iterator[list[int]]:
    """Within the block, the ids of the events written are collected in the list it yields."""
    written: list[int] = []
    token = _written.set(written)
    try:
        yield written
    finally:
        _written.reset(token)
