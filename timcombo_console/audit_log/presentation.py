"""How events read: a sentence for what, a place, a diff; and the facets to filter by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any

from django.db import connection

from audit.models import Event, Result, Seal
from audit.selectors import seals_of
from timcombo_console.audit_log.forms import FilterForm
from timcombo_console.audit_log.wording import TRIED, action_name, tried
from users.actions import ACTIONS
from users.models import User

PLACES = """
SELECT slug, name FROM products_product UNION ALL SELECT DISTINCT NULL, name FROM products_environment ORDER BY name
"""
"""Products by slug, and the names of environments without one."""


@dataclass(frozen=True)
class Row:
    """One event as the page shows it."""

    event: Event
    who: str
    role: str
    what: str
    where: str
    seal: Seal | None

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """`(key, before, after)` of what differs; None stands for "not set"."""
        before, after = self.event.before or {}, self.event.after or {}
        keys = sorted(before.keys() | after.keys())
        return [(k, before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k)]


@dataclass(frozen=True)
class Facet:
    """A way to narrow the list: choices (value, label), each a link to `address` with its value.

    The `chosen` one leads back to `without`, the same filter without this part.
    """

    title: str
    choices: Mapping[str, str]
    chosen: str
    address: str
    without: str


def rows(events: list[Event]) -> list[Row]:
    """Two queries: the people and the seals of all of them."""
    people = {user.pk: user for user in User.objects.filter(pk__in={event.actor_id for event in events})}
    seals = seals_of(events)
    return [_row(event, people.get(event.actor_id or 0), seals.get(event.pk)) for event in events]


def by_day(events: list[Row]) -> Iterator[tuple[date, list[Row]]]:
    """The rows under the UTC day that they happened on, in their order."""
    for day, of_day in groupby(events, key=lambda row: row.event.at.date()):
        yield day, list(of_day)


def facets(form: FilterForm) -> list[Facet]:
    """One query; no counts, which would read the whole log."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES)
        places = cursor.fetchall()
    environments = {name: name for slug, name in places if slug is None}
    products = {slug: name for slug, name in places if slug is not None}
    return [
        _facet(form, "Result", "result", {"ok": "Done", "refused": "Refused", "failed": "Failed"}),
        _facet(form, "Environment", "environment", environments),
        _facet(form, "Action", "action", _actions()),
        _facet(form, "Product", "product", products),
    ]


@cache
def _actions() -> dict[str, str]:
    return {name: action_name(name) for name in sorted({*ACTIONS, *TRIED})}


def _facet(form: FilterForm, title: str, field: str, choices: Mapping[str, str]) -> Facet:
    without = form.address(**{field: ""})
    joined = without if without == "?" else f"{without}&"
    return Facet(title, choices, form.cleaned_data.get(field, ""), f"{joined}{field}=", without)


def _row(event: Event, person: User | None, seal: Seal | None) -> Row:
    what = _what(event)
    return Row(
        event=event,
        who=str(person) if person else event.actor_name.capitalize(),
        role=person.get_role_display().lower() if person else "",
        what=what,
        where=" · ".join(_where(event, what)),
        seal=seal,
    )


def _what(event: Event) -> str:
    if event.result != Result.REFUSED:
        return event.summary or action_name(event.action)
    if event.summary.startswith("Tried"):
        return event.summary
    return tried(event.action, subject=event.subject, product=event.product, environment=event.environment)


def _where(event: Event, what: str) -> Iterator[str]:
    """What the sentence does not say yet: the object, its place, the reason."""
    if event.subject and event.subject not in what:
        yield event.subject
    place = f"{event.product} {event.environment}".strip()
    if place:
        yield place
    if event.reason:
        yield f"“{event.reason}”"
