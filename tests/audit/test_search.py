"""Searching finds exactly what matches, newest first, page by page, whichever way it is looked up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import search as module
from audit.models import Event
from audit.search import Filter, count, every, search
from tests.audit.rows import LONG_AGO, event_at

PEOPLE, ACTIONS, ENVIRONMENTS = ("ana", "ben", "console"), ("deploy", "edit", "look"), ("dev", "prod")


@pytest.fixture
def many(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """300 events; the walk is short, so that rare matches are looked up."""
    monkeypatch.setattr(module, "WALK", 20)
    made = [
        event_at(
            number // 3,
            actor_name=PEOPLE[number % 3],
            action=ACTIONS[number % 7 % 3],
            environment=ENVIRONMENTS[number % 11 % 2],
            product="tim-combo" if number % 13 else "flux-systems",
            result="ok" if number % 17 else "refused",
            run=number // 50 or None,
        )
        for number in range(300)
    ]
    return sorted(made, key=lambda event: (event.at, event.pk), reverse=True)


FILTERS: list[tuple[Filter, Callable[[Event], bool]]] = [
    (Filter(), lambda e: True),
    (Filter(actor_name="ben"), lambda e: e.actor_name == "ben"),
    (Filter(result="refused"), lambda e: e.result == "refused"),
    (Filter(result="ok"), lambda e: e.result == "ok"),
    (Filter(run=3), lambda e: e.run == 3),
    (Filter(run=3, result="refused"), lambda e: e.run == 3 and e.result == "refused"),
    (Filter(run=3, actor_name="ana"), lambda e: e.run == 3 and e.actor_name == "ana"),
    (
        Filter(run=3, actor_name="ana", action="edit"),
        lambda e: (e.run, e.actor_name, e.action) == (3, "ana", "edit"),
    ),
    (Filter(result="ok", actor_name="ben"), lambda e: e.result == "ok" and e.actor_name == "ben"),
    (
        Filter(since=LONG_AGO + timedelta(minutes=90), result="ok"),
        lambda e: e.at >= LONG_AGO + timedelta(minutes=90) and e.result == "ok",
    ),
    (
        Filter(product="flux-systems", environment="prod"),
        lambda e: (e.product, e.environment) == ("flux-systems", "prod"),
    ),
    (
        Filter(actor_name="ana", action="edit", product="flux-systems"),
        lambda e: (e.actor_name, e.action, e.product) == ("ana", "edit", "flux-systems"),
    ),
    (
        Filter(result="refused", environment="dev", actor_name="console"),
        lambda e: (e.result, e.environment, e.actor_name) == ("refused", "dev", "console"),
    ),
    (Filter(actor_name="nobody", action="edit"), lambda e: False),
    (
        Filter(since=LONG_AGO + timedelta(minutes=10), until=LONG_AGO + timedelta(minutes=20), action="edit"),
        lambda e: timedelta(minutes=10) <= e.at - LONG_AGO < timedelta(minutes=20) and e.action == "edit",
    ),
]


@pytest.mark.parametrize(("wanted", "matches"), FILTERS)
def test_pages_together_hold_exactly_what_matches(
    many: list[Event], wanted: Filter, matches: Callable[[Event], bool]
) -> None:
    expected = [event.pk for event in many if matches(event)]
    found: list[int] = []
    before = None
    while True:
        page = search(wanted, before=before, limit=7)
        found += [event.pk for event in page.events]
        if page.older is None:
            break
        assert len(page.events) == 7
        before = page.older
    assert found == expected


@pytest.mark.parametrize(("wanted", "matches"), FILTERS)
def test_an_export_and_its_count_hold_the_same(
    many: list[Event], wanted: Filter, matches: Callable[[Event], bool]
) -> None:
    expected = [event.pk for event in many if matches(event)]
    assert [event.pk for event in every(wanted, window=40)] == expected
    assert count(wanted) == len(expected)


@pytest.mark.parametrize(("wanted", "matches"), FILTERS)
def test_a_page_makes_at_most_three_queries_without_offset_or_count(
    many: list[Event], wanted: Filter, matches: Callable[[Event], bool]
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        search(wanted, before=many[10].pk)
    assert 1 <= len(queries) <= 3
    walk = next(query["sql"] for query in queries if "walked" in query["sql"])
    assert ("LIMIT ALL" in walk) is not bool(
        (len(wanted.conditions) < 2 and wanted.result != "ok") or wanted.pairs
    )
    assert not any(word in query["sql"] for query in queries for word in ("OFFSET", "count("))


@pytest.mark.django_db
def test_the_index_over_pairs_is_declared_as_it_is_asked_for() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT * FROM audit_event WHERE {module.ALL_PAIRS} @> ARRAY['x']")
        assert "audit_pairs" in str(cursor.fetchall())


def test_a_cursor_beyond_the_time_asked_for_does_not_widen_it(many: list[Event]) -> None:
    wanted = Filter(actor_name="ana", until=LONG_AGO + timedelta(minutes=10))
    assert search(wanted, before=many[0].pk) == search(wanted)
    assert search(wanted, before=987654321).events == []


@pytest.mark.django_db
def test_values_never_become_sql() -> None:
    kept = event_at(1, actor_name="o'brien; --", action="a%sb")
    assert [e.pk for e in search(Filter(actor_name="o'brien; --", action="a%sb")).events] == [kept.pk]
    assert search(Filter(actor_name="' OR true --", action="x")).events == []
