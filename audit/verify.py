"""Proves that the log is as it was written: walks the whole chain and recomputes every hash.

`Verification` rows keep how far a walk is, so that a page can do a few seconds of it and the scheduler the rest.
Memory stays bounded: seals and their events are read in batches by position.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from audit.canonical import FIELDS, FIRST, link
from audit.models import Event, Seal, Verification

BATCH = 2000
LATE = timedelta(seconds=60)
EVERY = timedelta(hours=24)

Broken = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What a walk found. `ended` False: it goes on from `seals`. Age in seconds; more than 60 is not ok."""

    ok: bool
    ended: bool
    events: int
    seals: int
    first_broken: Broken | None
    unsealed: int
    oldest_unsealed_age: float


def verify() -> Verdict:
    """Walk the whole chain now, however long it takes."""
    return advance(start(), seconds=None)


def start() -> Verification:
    """The walk that is under way, or a new one."""
    with transaction.atomic():
        walk, _ = Verification.objects.get_or_create(ended_at=None, defaults={"hash": FIRST})
    return walk


def advance(walk: Verification, seconds: float | None) -> Verdict:
    """Go on with `walk` for about `seconds` (None: to its end) and tell what is known then.

    Two may do so at once: one of them walks, the other answers how far it is.
    """
    until = None if seconds is None else time.monotonic() + seconds
    while walk.ended_at is None and (until is None or time.monotonic() < until):
        with transaction.atomic():
            # Whoever finds it locked leaves it to the other one.
            mine = Verification.objects.select_for_update(skip_locked=True).filter(pk=walk.pk).first()
            if mine is None:
                break
            if mine.ended_at is None:
                _batch(mine)
                mine.save()
        walk = mine
        walk.refresh_from_db()
    return verdict(walk)


def keep_verified() -> bool:
    """For the scheduler: go on with a walk for half a second, and begin one a day. True when there was something to do."""
    walk = Verification.objects.filter(ended_at=None).first()
    recent = Verification.objects.filter(ended_at__gt=Now() - EVERY).exists()
    if walk is None and recent:
        return False
    advance(walk or start(), seconds=0.5)
    return True


def verdict(walk: Verification) -> Verdict:
    """What `walk` has found so far, and what waits for its seal now."""
    unsealed, age = waiting()
    return Verdict(
        ok=walk.broken is None and age <= LATE.total_seconds(),
        ended=walk.ended_at is not None,
        events=walk.position + unsealed,
        seals=walk.position,
        first_broken=walk.broken,
        unsealed=unsealed,
        oldest_unsealed_age=age,
    )


def waiting() -> tuple[int, float]:
    """How many events wait for their seal (counted to 10,000), and the age of the oldest in seconds."""
    sql = """
        SELECT (SELECT count(*) FROM (SELECT 1 FROM audit_unsealed LIMIT 10000) first_ones),
               (SELECT extract(epoch FROM clock_timestamp() - at) FROM audit_unsealed ORDER BY event_id LIMIT 1)
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        count, age = cursor.fetchone()
    return int(count), max(0.0, float(age or 0))


def _batch(walk: Verification) -> None:
    """Check the next seals, and when there is none left the whole; notes it on `walk`."""
    seals = list(
        Seal.objects.filter(position__gt=walk.position)
        .order_by("position")
        .values_list("position", "event_id", "prev_hash", "hash")[:BATCH]
    )
    ids = [event for _, event, _, _ in seals]
    events = {row[0]: row[1:] for row in Event.objects.filter(id__in=ids).values_list("id", *FIELDS)}
    for position, event, prev_hash, made in seals:
        what = _fault(walk, position, prev_hash, made, events.get(event))
        if what:
            _end(walk, {"position": position, "event": event, "what": what})
            return
        walk.position, walk.hash = position, made
    if len(seals) < BATCH:
        _end(walk, _broken_anchor(walk) or _without_seal())


def _fault(walk: Verification, position: int, prev_hash: str, made: str, event: Any) -> str:
    if position != walk.position + 1:
        return f"The seals {walk.position + 1} to {position - 1} are missing."
    if event is None:
        return "The event is missing."
    if prev_hash != walk.hash:
        return "The seal does not follow the one before it."
    if link(prev_hash, event) != made:
        return "The event is not as it was when it was sealed."
    return ""


def _end(walk: Verification, broken: Broken | None) -> None:
    walk.broken = broken
    walk.ended_at = Now()


def _broken_anchor(walk: Verification) -> Broken | None:
    """A chain cut off at its end is whole in itself: an earlier walk remembers that it was longer."""
    anchor = (
        Verification.objects.exclude(ended_at=None).filter(broken__isnull=True).order_by("-position").first()
    )
    if anchor is None or anchor.position == 0:
        return None
    if Seal.objects.filter(position=anchor.position, hash=anchor.hash).exists():
        return None
    what = f"On {anchor.started_at:%d %b %Y, %H:%M} UTC the chain passed here with another seal."
    return {"position": anchor.position, "event": None, "what": what}


def _without_seal() -> Broken | None:
    """An event that has no seal and does not wait for one."""
    sql = """
        SELECT id FROM audit_event event
        WHERE NOT EXISTS (SELECT 1 FROM audit_seal WHERE event_id = event.id)
          AND NOT EXISTS (SELECT 1 FROM audit_unsealed WHERE event_id = event.id)
        ORDER BY id LIMIT 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    what = "The event has no seal and does not wait for one."
    return {"position": None, "event": row[0], "what": what} if row else None
