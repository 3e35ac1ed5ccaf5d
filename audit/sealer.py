"""Appends seals: the chain of hashes that makes a later change of an event visible."""

from django.db import connection, transaction

from audit.canonical import FIELDS, FIRST, link
from audit.models import Event, Seal, Unsealed

LOCK = 0x7463_6173  # One sealer at a time in a database; any number will do that nobody else uses.


def seal(limit: int = 1000) -> int:
    """Seal up to `limit` committed events, in the order of their ids; returns how many.

    An event that commits late gets a later position than its id would tell, never none. 0 also when another
    sealer is at work.
    """
    with transaction.atomic():
        if not _locked():
            return 0
        waiting = list(Unsealed.objects.order_by("event_id").values_list("event_id", flat=True)[:limit])
        if not waiting:
            return 0
        Seal.objects.bulk_create(_seals(waiting), batch_size=500)
        Unsealed.objects.filter(event_id__in=waiting).delete()
        return len(waiting)


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _seals(waiting: list[int]) -> list[Seal]:
    head = Seal.objects.order_by("-position").first()
    position, previous = (head.position, head.hash) if head else (0, FIRST)
    events = Event.objects.filter(id__in=waiting).order_by("id").values_list("id", *FIELDS)
    seals = []
    for event, *values in events:
        position += 1
        made = link(previous, values)
        seals.append(Seal(position=position, event_id=event, prev_hash=previous, hash=made))
        previous = made
    return seals
