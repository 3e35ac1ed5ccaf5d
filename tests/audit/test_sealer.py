"""The sealer: every committed event gets its place in the chain, once, whatever commits late or seals at once."""

import threading
from collections.abc import Callable
from itertools import pairwise

import psycopg
import pytest
from django.db import connection, transaction

from audit.canonical import FIELDS, FIRST, canonical, link
from audit.models import Event, Seal, Unsealed
from audit.sealer import seal
from audit.services import record
from tests.workers import Clone


def note(summary: str = "said") -> Event:
    return record(
        actor=None, action="test.note", summary=summary, after={"b": 1.5, "a": "ü"}, request_ids=["r1"]
    )


def hashed(event: Event, prev_hash: str) -> str:
    return link(prev_hash, Event.objects.values_list(*FIELDS).get(pk=event.pk))


@pytest.mark.django_db
def test_it_chains_events_in_order_and_the_second_time_finds_nothing() -> None:
    first, second = note("one"), note("two")
    assert seal() == 2
    assert seal() == 0
    one, two = Seal.objects.order_by("position")
    assert (one.position, one.event_id, one.prev_hash) == (1, first.pk, FIRST)
    assert (two.position, two.event_id, two.prev_hash) == (2, second.pk, one.hash)
    assert one.hash == hashed(first, FIRST)
    assert two.hash == hashed(second, one.hash)
    assert not Unsealed.objects.exists()


@pytest.mark.django_db
def test_it_seals_no_more_than_it_is_asked_to() -> None:
    for _ in range(5):
        note()
    assert [seal(limit=2), seal(limit=2), seal(limit=2), seal(limit=2)] == [2, 2, 1, 0]
    assert list(Seal.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_the_canonical_text_holds_every_column_sorted_and_in_utc() -> None:
    event = note()
    text = canonical(Event.objects.values_list(*FIELDS).get(pk=event.pk))
    assert set(FIELDS) == {column.attname for column in Event._meta.concrete_fields}
    assert text.startswith(
        '{"action":"test.note","actor_id":null,"actor_name":"console","address":null,"after":{"a":"ü","b":1.5}'
    )
    event.refresh_from_db()
    assert f'"at":"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z"' in text


def in_threads(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_and_sealers_at_once_leave_one_whole_chain(cloned_database: Clone) -> None:
    def write() -> None:
        for _ in range(40):
            note()
        connection.close()

    def keep_sealing() -> None:
        for _ in range(60):
            seal(limit=7)
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    sealers = [threading.Thread(target=keep_sealing) for _ in range(3)]
    for thread in [*writers, *sealers]:
        thread.start()
    for thread in [*writers, *sealers]:
        thread.join()
    while seal():
        pass
    seals = list(Seal.objects.order_by("position"))
    assert [s.position for s in seals] == list(range(1, 161))
    assert len({s.event_id for s in seals}) == 160
    assert all(after.prev_hash == before.hash for before, after in pairwise(seals))


def test_an_event_that_commits_late_gets_a_later_place(cloned_database: Clone) -> None:
    other = psycopg.connect(cloned_database.url)
    other.execute(
        "INSERT INTO audit_event (actor_name, action, result, product, environment, subject, subject_url, summary, reason,"
        " request_ids, channel, token) VALUES ('ana', 'test.late', 'ok', '', '', '', '', '', '', '[]', 'page', '')"
    )
    early = note()
    assert seal() == 1
    other.commit()
    other.close()
    assert seal() == 1
    late = Event.objects.get(action="test.late")
    assert late.pk < early.pk
    assert Seal.objects.get(event=late).position == 2


def test_a_second_sealer_does_not_wait_for_the_first(cloned_database: Clone) -> None:
    note()
    sealed: list[int] = []

    def seal_elsewhere() -> None:
        sealed.append(seal())
        connection.close()

    with transaction.atomic():
        assert seal() == 1
        in_threads(seal_elsewhere, 1)
    assert sealed == [0]
