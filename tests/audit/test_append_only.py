"""What was written stays as it was: by the application's rights, and for the tables' owner by triggers."""

import psycopg
import pytest
from django.db import connection

from audit.models import Unsealed
from tests.audit.rows import note, sealed_notes
from tests.workers import Clone

TABLES = ("audit_event", "audit_seal")
CHANGES = {
    "UPDATE": "UPDATE {} SET {} = {}",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {} CASCADE",
}


def statement(change: str, table: str) -> str:
    column = "summary" if table == "audit_event" else "hash"
    return CHANGES[change].format(table, column, "'x'")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_is_refused_by_triggers(cloned_database: Clone, table: str, change: str) -> None:
    sealed_notes(1)
    with psycopg.connect(cloned_database.owner_url, autocommit=True) as owner:
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"append-only: {change} on audit_"):
            owner.execute(statement(change, table))
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to(cloned_database: Clone, table: str, change: str) -> None:
    sealed_notes(1)
    with psycopg.connect(cloned_database.url, autocommit=True) as application:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            application.execute(statement(change, table))
        assert application.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


@pytest.mark.django_db
def test_the_application_inserts_and_the_trigger_lists_it_for_the_sealer() -> None:
    event = note()
    assert list(Unsealed.objects.values_list("event_id", flat=True)) == [event.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("console",)
