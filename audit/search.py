"""Finds events, newest first, a page at a time, without ever counting or skipping rows.

How a search stays quick whatever is asked:

1. One condition leads: an index of (condition, at, id) is walked back from the cursor, at most `WALK` rows of it,
   and the other conditions are checked on the way. Usually that fills the page.
2. If not, matches are rare, at least near here: then they are looked up in an index over every pair of conditions.
   Of pairs, because two that are each common and never met would take an index of single ones long to tell.

The SQL is made of names from this module only; every value is a parameter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import combinations

from django.db import connection

from audit.models import Event

WALK = 1000

Value = str | int | datetime | list[str]
Condition = tuple[str, Sequence[Value]]
"""SQL with as many `%s` as it has values."""
Place = tuple[datetime, int]
"""Where an event stands in the order of all: when it happened, then its id."""
PLACE = ("at", "id")

TERMS = ("actor_name", "action", "product", "environment", "result")
PAIRS = tuple(combinations(TERMS, 2))
ALL_PAIRS = "ARRAY[" + ", ".join(f"'{a}+{b}:' || {a} || '+' || {b}" for a, b in PAIRS) + "]"
"""Word for word as the index audit_pairs is declared."""
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
    def lead(self) -> Value:
        value: Value = getattr(self, self.leader)
        return value

    @property
    def conditions(self) -> dict[str, Value]:
        """What is asked for besides the time."""
        names = (*TERMS, "run")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    @property
    def pairs(self) -> list[str]:
        """What the index over pairs holds of an event that matches; empty when walking the leader is better."""
        asked = {} if self.run else self.conditions
        return [f"{a}+{b}:{asked[a]}+{asked[b]}" for a, b in PAIRS if a in asked and b in asked]


@dataclass(frozen=True)
class Page:
    """Events, newest first. `older` is the cursor of the next page, or None at the end."""

    events: list[Event]
    older: int | None


def search(wanted: Filter, *, before: int | None = None, limit: int = 50) -> Page:
    """A page of events that match, older than the event `before`. At most three queries."""
    cursor = None if before is None else _place(before)
    if before is not None and cursor is None:
        return Page([], None)
    found = _walk(wanted, cursor, limit + 1)
    if len(found) <= limit and wanted.pairs:
        found = _look_up(wanted, cursor, limit + 1)
    events = found[:limit]
    return Page(events, events[-1].pk if len(found) > limit else None)


def every(wanted: Filter, *, before: int | None = None, window: int = 5000) -> Iterator[Event]:
    """All that match, newest first, in bounded memory and time linear in the rows that the leader has."""
    cursor = None if before is None else _place(before)
    while (oldest := _window_end(wanted, cursor, window)) is not None:
        where = [*_led(wanted, cursor, oldest), *_rest(wanted)]
        yield from _fetch(f"SELECT * FROM audit_event {_all_of(where)}", where, window)  # noqa: S608
        cursor = oldest


def count(wanted: Filter) -> int:
    """How many match. Reads all of them: for exports, never for pages."""
    where = [*_led(wanted, None), *_rest(wanted)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM audit_event {_all_of(where)}", _values(where))  # noqa: S608
        return int(cursor.fetchone()[0])


def _place(event: int) -> Place | None:
    return Event.objects.filter(pk=event).values_list("at", "id").first()


def _bound(wanted: Filter, sign: str, *place: Value) -> Condition:
    """The rows of the leader on one side of a place in (at, id), or of a time.

    The leader is compared with the place and never by `=`: only so can no other index give the order that is asked
    for, and the planner does not walk the newest events of everybody to find those of somebody who left.
    """
    lead = ((wanted.leader,), (wanted.lead,)) if wanted.leader else ((), ())
    names, values = (*lead[0], *PLACE[: len(place)]), (*lead[1], *place)
    return f"({', '.join(names)}) {sign} ({', '.join(['%s'] * len(values))})", values


def _led(wanted: Filter, newest: Place | None, oldest: Place | None = None) -> list[Condition]:
    """The part of the leader's index to look at: within the filter's time, older than `newest`, down to `oldest`.

    One bound above and one below, because an index scan starts at one and would read and drop the rest for others.
    """
    where: list[Condition] = [("NOT result = 'ok'", ())] if wanted.leader == "result" else []
    if newest and not (wanted.until and wanted.until <= newest[0]):
        where.append(_bound(wanted, "<", *newest))
    elif wanted.until:
        where.append(_bound(wanted, "<", wanted.until))
    elif wanted.leader:
        where.append(_bound(wanted, "<="))
    if oldest:
        where.append(_bound(wanted, ">=", *oldest))
    elif wanted.since:
        where.append(_bound(wanted, ">=", wanted.since))
    elif wanted.leader:
        where.append(_bound(wanted, ">="))
    return where


def _rest(wanted: Filter) -> list[Condition]:
    """The conditions besides the leader's."""
    return [condition for condition in _each(wanted) if condition[0] != f"{wanted.leader} = %s"]


def _each(wanted: Filter) -> list[Condition]:
    return [(f"{name} = %s", (value,)) for name, value in wanted.conditions.items()]


def _order(wanted: Filter) -> str:
    return ", ".join(f"{name} DESC" for name in (wanted.leader, *PLACE) if name)


def _window_end(wanted: Filter, cursor: Place | None, window: int) -> Place | None:
    """The oldest of the next `window` rows that the leader has; None when there is no row left."""
    where = _led(wanted, cursor)
    inner = f"SELECT at, id FROM audit_event {_all_of(where)} ORDER BY {_order(wanted)} LIMIT {window}"  # noqa: S608
    with connection.cursor() as rows:
        rows.execute(f"SELECT at, id FROM ({inner}) walked ORDER BY at, id LIMIT 1", _values(where))  # noqa: S608
        row: Place | None = rows.fetchone()
    return row


def _walk(wanted: Filter, cursor: Place | None, limit: int) -> list[Event]:
    where, rest = _led(wanted, cursor), _rest(wanted)
    # A Run with one condition more has few rows and no pair: it is walked to its end.
    deep = limit if not rest else max(WALK, limit) if wanted.pairs else "ALL"
    inner = f"SELECT * FROM audit_event {_all_of(where)} ORDER BY {_order(wanted)} LIMIT {deep}"  # noqa: S608
    return _fetch(f"SELECT * FROM ({inner}) walked {_all_of(rest)}", [*where, *rest], limit)  # noqa: S608


def _look_up(wanted: Filter, cursor: Place | None, limit: int) -> list[Event]:
    anybody = Filter(since=wanted.since, until=wanted.until)
    where: list[Condition] = [*_led(anybody, cursor), (f"{ALL_PAIRS} @> %s::text[]", (wanted.pairs,))]
    # Materialized and checked afterwards, or the planner brings in the indexes of the single conditions again.
    found = f"WITH found AS MATERIALIZED (SELECT * FROM audit_event {_all_of(where)})"  # noqa: S608
    each = _each(wanted)
    return _fetch(f"{found} SELECT * FROM found {_all_of(each)}", [*where, *each], limit)  # noqa: S608


def _all_of(where: Sequence[Condition]) -> str:
    return f"WHERE {' AND '.join(text for text, _ in where)}" if where else ""


def _values(where: Sequence[Condition]) -> list[Value]:
    return [value for _, values in where for value in values]


def _fetch(sql: str, where: Sequence[Condition], limit: int) -> list[Event]:
    return list(Event.objects.raw(f"{sql} ORDER BY at DESC, id DESC LIMIT {limit}", _values(where)))
