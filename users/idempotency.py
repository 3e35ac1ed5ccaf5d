"""A POST that is sent twice with the same `Idempotency-Key` is carried out once and answered twice."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from users.models import ApiReply, ApiToken
from users.refusals import Invalid

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Reply:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def once(*, token: ApiToken, key: str, asked: bytes, act: Callable[[], Reply]) -> Reply:
    """The kept reply to this key, or that of `act`, kept in the transaction of what it did.

    `asked` identifies the request: verb, path and body, or a digest of them. A second request waits for the first
    one's commit. An exception in `act` keeps nothing. Raises Invalid when the key was used for something else.
    """
    if not 1 <= len(key) <= 200:
        raise Invalid("Idempotency-Key must be 1 to 200 characters long.")
    digest = hashlib.sha256(asked).hexdigest()
    forget_old_replies(token=token, key=key)
    with transaction.atomic():
        row, new = ApiReply.objects.get_or_create(token=token, key=key, defaults={"body_digest": digest})
        if not new:
            return _again(row, digest)
        reply = act()
        row.status, row.body, row.headers = reply.status, reply.body, dict(reply.headers)
        row.save(update_fields=["status", "body", "headers"])
        return reply


def _again(row: ApiReply, digest: str) -> Reply:
    if row.body_digest != digest:
        raise Invalid(
            "This Idempotency-Key was used for another request in the last 24 hours. Nothing was done. Use a new key."
        )
    return Reply(row.status, row.body, row.headers)


def forget_old_replies(**narrowed: object) -> int:
    """Remove replies older than 24 hours (of one key, or of all); returns how many."""
    removed, _ = ApiReply.objects.filter(created_at__lt=Now() - KEPT, **narrowed).delete()
    return removed
