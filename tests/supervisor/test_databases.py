"""What every other test stands on: roles, clones, real workers, and servers that may be broken."""

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from tests.databases import TEST_DATABASE, Server
from tests.workers import Broker, Clone, Workers
from timcombo_console.supervisor.process import Process, wait_until


def whoami() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        user, database = cursor.fetchone()
    return user, database


@pytest.mark.django_db
def test_tests_run_as_the_application() -> None:
    assert whoami() == ("console", TEST_DATABASE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("SELECT count(*) FROM audit_event", True),
        ("DELETE FROM audit_unsealed", True),
        ("DELETE FROM audit_event", False),
        ("UPDATE audit_seal SET position = 0", False),
        ("TRUNCATE audit_event", False),
        ("DELETE FROM django_migrations", False),
        ("DELETE FROM django_session", True),
        ("CREATE TABLE other (id int)", False),
    ],
)
def test_the_application_may_not_rewrite_history(statement: str, allowed: bool) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if allowed:
            cursor.execute(statement)
        else:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)


def test_a_clone_is_used_by_this_process_and_others(cloned_database: Clone) -> None:
    assert whoami() == ("console", cloned_database.name)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('key', 'data', now())")
    with psycopg.connect(cloned_database.url) as other:
        assert other.execute("SELECT session_key FROM django_session").fetchall() == [("key",)]


@pytest.mark.django_db
def test_nothing_of_a_clone_is_left_for_the_next_test() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_the_database_may_crash_and_keeps_what_was_committed(
    cloned_database: Clone, postgres: Server
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('key', 'data', now())")
    postgres.kill()
    # The process that serves a connection outlives its parent for a moment.
    assert wait_until(_has_lost_its_database, 10)
    postgres.start()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (1,)


def _has_lost_its_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return True
    return False


def test_a_broker_keeps_its_messages_over_a_restart(broker: Broker) -> None:
    with broker.valkey.client() as client:
        client.set("key", "value")
    broker.server.stop()
    broker.server.start()
    with broker.valkey.client() as client:
        assert client.get("key") == b"value"
    broker.empty()
    with broker.valkey.client() as client:
        assert client.get("key") is None


def test_a_real_worker_and_beat_run_on_the_clone(workers: Workers, real_worker: Process) -> None:
    wake = workers.start("wake")
    workers.beat()
    assert wait_until(lambda: "runs.tasks.wake" in wake.output() and "succeeded" in wake.output(), 20), (
        workers.output()
    )
    real_worker.kill()
    assert not real_worker.alive()
    assert wake.alive()
