"""Reading the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from audit.models import Event, Seal
from audit.search import Filter, Page, count, every, search
from audit.verify import LATE, waiting

__all__ = [
    "ChainState",
    "Filter",
    "Page",
    "chain_state",
    "count",
    "event_by_id",
    "events_for",
    "every",
    "seals_of",
    "search",
]

CHAIN = """
WITH walks AS (SELECT * FROM audit_verification ORDER BY id DESC LIMIT 2),
     last AS (SELECT * FROM walks WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1)
SELECT coalesce((SELECT max(position) FROM audit_seal), 0),
       (SELECT position FROM walks WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1),
       coalesce((SELECT position FROM last), 0), (SELECT ended_at FROM last), (SELECT broken::text FROM last)
"""


@dataclass(frozen=True)
class ChainState:
    """What pages say of the chain: how far it reaches, when it was last walked, and what waits. One glance: `ok`."""

    head: int
    verified_to: int
    verified_at: datetime | None
    walking_at: int | None
    broken: dict[str, object] | None
    unsealed: int
    oldest_unsealed_age: float

    @property
    def late(self) -> bool:
        return self.oldest_unsealed_age > LATE.total_seconds()

    @property
    def ok(self) -> bool:
        return self.broken is None and not self.late


def chain_state() -> ChainState:
    """Two small queries, whatever the size of the log."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN)
        head, walking_at, verified_to, verified_at, broken = cursor.fetchone()
    unsealed, age = waiting()
    return ChainState(
        head=head,
        verified_to=verified_to,
        verified_at=verified_at,
        walking_at=walking_at,
        broken=json.loads(broken) if broken else None,
        unsealed=unsealed,
        oldest_unsealed_age=age,
    )


def events_for(
    *, product: str = "", environment: str = "", run: int | None = None, limit: int = 10
) -> list[Event]:
    """The newest events of a product, an environment or a Run, for "on record" lists on their pages."""
    return search(Filter(product=product, environment=environment, run=run), limit=limit).events


def event_by_id(pk: int) -> Event | None:
    return Event.objects.select_related("actor", "seal").filter(pk=pk).first()


def seals_of(events: list[Event]) -> dict[int, Seal]:
    """The seals of `events` by event id; one that waits is not in it."""
    return {seal.event_id: seal for seal in Seal.objects.filter(event__in=[event.pk for event in events])}
