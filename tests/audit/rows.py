"""Events for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from audit.models import Event
from audit.sealer import seal
from audit.services import record

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def note(summary: str = "said", **values: Any) -> Event:
    """An event that happens now."""
    return record(**{"actor": None, "action": "test.note", "summary": summary, **values})


def sealed_notes(count: int) -> list[Event]:
    """Events with their seals."""
    events = [note(f"note {number}", after={"number": number}) for number in range(count)]
    while seal():
        pass
    return events


def event_at(minute: int, **values: Any) -> Event:
    """An event of so many minutes after LONG_AGO; `actor_name`, `action`, … as given."""
    fixed = {"actor_name": "ana", "action": "test.note", "result": "ok", "channel": "page"}
    return Event.objects.create(at=LONG_AGO + timedelta(minutes=minute), **{**fixed, **values})
