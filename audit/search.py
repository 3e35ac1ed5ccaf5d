"""Finds events, newest first, a page at a time, without ever counting or skipping rows.

How a search stays quick whatever is asked:

1. One condition leads: an index of (condition, at, id) is walked back from the cursor, at most `WALK` rows of it,
   and the other conditions are checked on the way. Usually that fills the page.
2. If not, matches are rare, at least near here: then they are looked up in the index over all terms at once.

The SQL is made of names from this module only; every value is a parameter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection

from audit.models import Event

WALK = 2000

Value = str | int | datetime | list[str]

TERMS = ("actor_name", "action", "product", "environment", "result")
ALL_TERMS = f"ARRAY[{', '.join(f'{chr(39)}{name}:{chr(39)} || {name}' for name in TERMS)}]"
LEADERS = ("run", "actor_name", "action", "product", "environment")


@dataclass(frozen=True)
class Filter:
    """What an event must match; empty means anything. `since` is inclusive, `until` is not; both know their offset."""

    actor_name: str = ""
    action: str = ""
    product: str = ""
    environment: str = ""
    result: str = ""
    run: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_dict(self) -> dict[str, str]:
        """The conditions that are set, as text, for addresses and for the record of an export."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v.isoformat() if isinstance(v, datetime) else str(v) for k, v in values.items() if v}

    @property
    def leader(self) -> str:
        """The condition whose index is walked; "" when only the time tells."""
        if self.result and self.result != "ok":
            return "result"
        return next((name for name in LEADERS if getattr(self, name)), "")

    @property
    def terms(self) -> list[str]:
        return [f"{name}:{getattr(self, name)}" for name in TERMS if getattr(self, name)]


@dataclass(frozen=True)
class Page:
    """Events, newest first. `older` is the cursor of the next page, or None at the end."""

    events: list[Event]
    older: int | None


def search(wanted: Filter, *, before: int | None = None, limit: int = 50) -> Page:
    """A page of events that match, older than the event `before`. At most two queries."""
    found = _walk(wanted, before, limit + 1)
    if len(found) <= limit and len(_conditions(wanted)) > 1:
        found = _look_up(wanted, before, limit + 1)
    events = found[:limit]
    return Page(events, events[-1].pk if len(found) > limit else None)


def every(wanted: Filter, *, before: int | None = None, window: int = 5000) -> Iterator[Event]:
    """All that match, newest first, in bounded memory and time linear in the rows that the leader has."""
    while (oldest := _window_end(wanted, before, window)) is not None:
        where, values = _all_conditions(wanted, before)
        where.append("(at, id) >= (SELECT at, id FROM audit_event WHERE id = %s)")
        yield from _fetch(f"SELECT * FROM audit_event {_all_of(where)}", [*values, oldest], window)  # noqa: S608
        before = oldest


def count(wanted: Filter) -> int:
    """How many match. Reads all of them: for exports, never for pages."""
    where, values = _all_conditions(wanted, None)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM audit_event {_all_of(where)}", values)  # noqa: S608
        return int(cursor.fetchone()[0])


def _conditions(wanted: Filter) -> dict[str, Value]:
    names = (*TERMS, "run")
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name)}


def _span(wanted: Filter, before: int | None) -> tuple[list[str], list[Value]]:
    """The part of time to look at: the filter's, and what is older than the cursor."""
    parts: list[tuple[str, Value]] = []
    if before is not None:
        parts.append(("(at, id) < (SELECT at, id FROM audit_event WHERE id = %s)", before))
    if wanted.since:
        parts.append(("at >= %s", wanted.since))
    if wanted.until:
        parts.append(("at < %s", wanted.until))
    return [text for text, _ in parts], [value for _, value in parts]


def _all_conditions(wanted: Filter, before: int | None) -> tuple[list[str], list[Value]]:
    where, values = _led(wanted, before)
    rest = {name: value for name, value in _conditions(wanted).items() if name != wanted.leader}
    return [*where, *(f"{name} = %s" for name in rest)], [*values, *rest.values()]


def _led(wanted: Filter, before: int | None) -> tuple[list[str], list[Value]]:
    """The span, and the condition whose index leads, in the words that the index is declared with."""
    where, values = _span(wanted, before)
    if wanted.leader:
        where.append(f"{wanted.leader} = %s")
        values.append(getattr(wanted, wanted.leader))
    if wanted.leader == "result":
        where.append("NOT result = 'ok'")
    return where, values


def _window_end(wanted: Filter, before: int | None, window: int) -> int | None:
    """The oldest of the next `window` rows that the leader has; None when there is no row left."""
    where, values = _led(wanted, before)
    inner = f"SELECT at, id FROM audit_event {_all_of(where)} ORDER BY at DESC, id DESC LIMIT {window}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({inner}) walked ORDER BY at, id LIMIT 1", values)  # noqa: S608
        row = cursor.fetchone()
    return row[0] if row else None


def _walk(wanted: Filter, before: int | None, limit: int) -> list[Event]:
    where, values = _led(wanted, before)
    rest = _conditions(wanted)
    rest.pop(wanted.leader, None)
    deep = max(WALK, limit) if rest else limit
    inner = f"SELECT * FROM audit_event {_all_of(where)} ORDER BY at DESC, id DESC LIMIT {deep}"  # noqa: S608
    outer = f"SELECT * FROM ({inner}) walked {_all_of([f'{name} = %s' for name in rest])}"  # noqa: S608
    return _fetch(outer, [*values, *rest.values()], limit)


def _look_up(wanted: Filter, before: int | None, limit: int) -> list[Event]:
    where, values = _span(wanted, before)
    where.append(f"{ALL_TERMS} @> %s::text[]")
    values.append(wanted.terms)
    if wanted.run:
        where.append("run = %s")
        values.append(wanted.run)
    # Materialized, or the planner may walk the newest events in the hope of meeting rare ones.
    found = f"SELECT * FROM audit_event {_all_of(where)}"  # noqa: S608
    return _fetch(f"WITH found AS MATERIALIZED ({found}) SELECT * FROM found", values, limit)  # noqa: S608


def _all_of(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _fetch(sql: str, values: list[Value], limit: int) -> list[Event]:
    return list(Event.objects.raw(f"{sql} ORDER BY at DESC, id DESC LIMIT {limit}", values))
