"""Verification names the first row that is not as it was, whoever changed it and however."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import verify as module
from audit.models import Event, Seal, Verification
from audit.sealer import seal
from audit.verify import advance, keep_verified, start, verify
from tests.audit.rows import note, sealed_notes
from tests.workers import Clone


@contextmanager
def intruder(database: Clone) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner of the tables, with every trigger and foreign key check off."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        for table in ("audit_event", "audit_seal"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield owner


def without_references(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    rows = owner.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint "
        "WHERE contype = 'f' AND confrelid = 'audit_event'::regclass"
    ).fetchall()
    for table, name in rows:
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


@pytest.mark.django_db
def test_an_untouched_log_is_whole_and_stays_so_the_second_time() -> None:
    sealed_notes(5)
    for _ in range(2):
        verdict = verify()
        assert (verdict.ok, verdict.ended, verdict.events, verdict.seals) == (True, True, 5, 5)
        assert verdict.first_broken is None


@pytest.mark.django_db
def test_an_empty_log_is_whole() -> None:
    assert verify().ok


@pytest.mark.django_db
def test_events_that_wait_are_counted_and_not_held_against_it() -> None:
    sealed_notes(2)
    note("new")
    verdict = verify()
    assert (verdict.ok, verdict.events, verdict.seals, verdict.unsealed) == (True, 3, 2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "ok"), [(30, True), (90, False)])
def test_an_event_that_waits_for_more_than_a_minute_is_red(age: int, ok: bool) -> None:
    event = note("late")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_unsealed")
        cursor.execute(
            "INSERT INTO audit_unsealed (event_id, at) VALUES (%s, clock_timestamp() - %s * interval '1 second')",
            [event.pk, age],
        )
    verdict = verify()
    assert verdict.ok is ok
    assert age <= verdict.oldest_unsealed_age < age + 5


@pytest.mark.parametrize(
    ("change", "position", "what"),
    [
        ("UPDATE audit_event SET summary = 'nothing' WHERE id = %s", 3, "not as it was when it was sealed"),
        ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = %s", 3, "not as it was"),
        ("UPDATE audit_event SET after = '{\"number\": 7}' WHERE id = %s", 3, "not as it was"),
        ("UPDATE audit_event SET token = 'x' WHERE id = %s", 3, "not as it was"),
        ("DELETE FROM audit_event WHERE id = %s", 3, "The event is missing"),
        ("DELETE FROM audit_seal WHERE event_id = %s", 4, "The seals 3 to 3 are missing"),
        ("UPDATE audit_seal SET hash = repeat('0', 64) WHERE event_id = %s", 3, "not as it was"),
        ("UPDATE audit_seal SET prev_hash = repeat('0', 64) WHERE event_id = %s", 3, "does not follow"),
    ],
)
def test_it_names_the_first_broken_row(cloned_database: Clone, change: str, position: int, what: str) -> None:
    events = sealed_notes(6)
    assert verify().ok
    with intruder(cloned_database) as owner:
        without_references(owner)
        owner.execute(change, [events[2].pk])
    verdict = verify()
    assert not verdict.ok
    assert verdict.first_broken is not None
    assert verdict.first_broken["position"] == position
    assert verdict.first_broken["event"] == events[position - 1].pk
    assert what in verdict.first_broken["what"]


def test_it_finds_an_event_put_in_without_a_seal(cloned_database: Clone) -> None:
    sealed_notes(3)
    with intruder(cloned_database):
        smuggled = note("was always here")
    verdict = verify()
    assert verdict.first_broken == {
        "position": None,
        "event": smuggled.pk,
        "what": "The event has no seal and does not wait for one.",
    }


def test_it_finds_that_the_end_was_cut_off(cloned_database: Clone) -> None:
    events = sealed_notes(4)
    assert verify().ok
    with intruder(cloned_database) as owner:
        without_references(owner)
        owner.execute("DELETE FROM audit_seal WHERE position >= 3")
        owner.execute("DELETE FROM audit_event WHERE id >= %s", [events[2].pk])
    verdict = verify()
    assert verdict.first_broken is not None
    assert verdict.first_broken["position"] == 4
    assert "the chain passed here with another seal" in verdict.first_broken["what"]


def test_it_finds_a_chain_that_was_computed_anew(cloned_database: Clone) -> None:
    events = sealed_notes(4)
    assert verify().ok
    with intruder(cloned_database) as owner:
        owner.execute("UPDATE audit_event SET summary = 'nothing' WHERE id = %s", [events[1].pk])
        owner.execute("DELETE FROM audit_seal")
        owner.execute("INSERT INTO audit_unsealed (event_id) SELECT id FROM audit_event")
    assert seal() == 4
    verdict = verify()
    assert verdict.first_broken is not None
    assert "with another seal" in verdict.first_broken["what"]


@pytest.mark.django_db
def test_a_walk_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    sealed_notes(5)
    walk = start()
    first = advance(walk, seconds=0)
    assert (first.ended, first.seals) == (False, 0)
    assert start().pk == walk.pk
    last = advance(start(), seconds=None)
    assert (last.ended, last.ok, last.seals) == (True, True, 5)
    assert start().pk != walk.pk


@pytest.mark.django_db
def test_the_scheduler_walks_once_a_day() -> None:
    sealed_notes(3)
    assert keep_verified()
    assert not keep_verified()
    assert Verification.objects.count() == 1
    Verification.objects.update(ended_at="2026-01-01T00:00:00Z")
    assert keep_verified()
    assert Verification.objects.count() == 2


@pytest.mark.django_db
def test_the_command_says_that_all_is_well() -> None:
    sealed_notes(3)
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue() == "3 events are as they were sealed. 0 wait for their seal.\n"


def test_the_command_fails_and_names_the_broken_row(cloned_database: Clone) -> None:
    events = sealed_notes(3)
    with intruder(cloned_database) as owner:
        owner.execute("UPDATE audit_event SET reason = 'x' WHERE id = %s", [events[1].pk])
    with pytest.raises(CommandError, match=f"Seal 2, event {events[1].pk}: The event is not as it was"):
        call_command("verify_audit")
    assert (Event.objects.count(), Seal.objects.count()) == (3, 3)
