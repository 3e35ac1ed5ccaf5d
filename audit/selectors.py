"""Reading the audit log."""

from dataclasses import dataclass
from datetime import datetime

from audit.models import Event, Seal, Verification
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
    """Three small queries, whatever the size of the log."""
    head = Seal.objects.order_by("-position").values_list("position", flat=True).first()
    walks = list(Verification.objects.order_by("-id")[:2])
    walking = next((walk for walk in walks if walk.ended_at is None), None)
    last = next((walk for walk in walks if walk.ended_at is not None), None)
    unsealed, age = waiting()
    return ChainState(
        head=head or 0,
        verified_to=last.position if last else 0,
        verified_at=last.ended_at if last else None,
        walking_at=walking.position if walking else None,
        broken=last.broken if last else None,
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
