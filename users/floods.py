"""So that a flood of refusals does not become a flood of audit events: one per key and interval, the rest counted."""

from django.db import connection

CLAIM = """
INSERT INTO users_flood AS flood (key, until, unrecorded) VALUES (%s, clock_timestamp() + %s * interval '1 second', 0)
ON CONFLICT (key) DO UPDATE SET
  unrecorded = CASE WHEN flood.until <= clock_timestamp() THEN 0 ELSE flood.unrecorded + 1 END,
  until = CASE WHEN flood.until <= clock_timestamp() THEN excluded.until ELSE flood.until END
RETURNING unrecorded,
  (SELECT before.unrecorded FROM users_flood before WHERE before.key = flood.key)
"""


def worth_recording(key: str, seconds: int = 10) -> int | None:
    """None: this one is only counted. Otherwise record it; the number is how many were left out before it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [key[:200], seconds])
        unrecorded, before = cursor.fetchone()
    return None if unrecorded else int(before or 0)


def forget_old_floods() -> int:
    """Remove counts that nobody added to for a day; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_flood WHERE until < clock_timestamp() - interval '1 day'")
        return int(cursor.rowcount)
