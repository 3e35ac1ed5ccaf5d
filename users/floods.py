"""So that a flood of refusals does not become a flood of audit events: one per key and interval, the rest counted."""

from django.db import connection

from audit.models import Result
from audit.services import record
from users.models import User

CLAIM = """
INSERT INTO users_flood AS flood (key, until, unrecorded)
VALUES (%s, clock_timestamp() + %s * interval '1 second', 0)
ON CONFLICT (key) DO UPDATE SET
  unrecorded = CASE WHEN flood.until <= clock_timestamp() THEN 0 ELSE flood.unrecorded + 1 END,
  until = CASE WHEN flood.until <= clock_timestamp() THEN excluded.until ELSE flood.until END
RETURNING unrecorded, (SELECT before.unrecorded FROM users_flood before WHERE before.key = flood.key)
"""


def record_refusal_once(
    key: str,
    *,
    action: str,
    text: str,
    actor: User | None = None,
    actor_name: str = "",
    subject: str = "",
    seconds: int = 10,
) -> None:
    """Put a refusal on record, unless one with this `key` was in the last `seconds`: then only count it.

    The event tells how many were only counted before it. For refusals that no service records: of pages, of sign-in,
    of API calls without a good token (there the key should name the address).
    """
    left_out = _left_out(key, seconds)
    if left_out is not None:
        record(
            actor=actor,
            actor_name=actor_name,
            action=action,
            result=Result.REFUSED,
            subject=subject,
            summary=text,
            after={"alike_and_not_recorded_before": left_out} if left_out else None,
        )


def _left_out(key: str, seconds: int) -> int | None:
    """None: this one is only counted. Otherwise how many were, since the last one recorded."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [key[:200], seconds])
        unrecorded, before = cursor.fetchone()
    return None if unrecorded else int(before or 0)


def forget_old_floods() -> int:
    """Remove counts that nobody added to for a day; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_flood WHERE until < clock_timestamp() - interval '1 day'")
        return int(cursor.rowcount)
