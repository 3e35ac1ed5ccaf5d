"""The document's estate in a test's database, imported once per process.

An import takes half a second, mostly for reading its file with the place of every word, and `tests/estate` is about it.
The other tests want only what comes of it: as rows in their transaction (`put_estate`), or in the database that they
clone (`estate_template`).
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.cloud import ESTATE
from tests.databases import SESSION, TEST_DATABASE, connected_to
from timcombo_console.supervisor.schema import clone

FILLED_BY_A_TRIGGER = ("audit_unsealed",)


def put_estate() -> None:
    """What `estate import` leaves in an empty database: Tim-Combo, Flux Systems, their accounts, zones, one event."""
    # A clone's counters have not gone on past the numbers of the rows.
    assert connection.settings_dict["NAME"] == TEST_DATABASE, "A clone begins with it: see estate_template."
    with connection.cursor() as cursor:
        for table, rows in _rows().items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(rows)


@pytest.fixture(scope="session")
def estate_template(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a database that holds the estate and nothing else."""
    name = "template_estate"
    clone(SESSION.cluster, SESSION.template, name)
    with django_db_blocker.unblock(), connected_to(name):
        _import()
    return name


@cache
def _rows() -> Mapping[str, bytes]:
    """The rows of each table, as COPY reads them."""
    with ThreadPoolExecutor(1) as beside_the_tests_own_transaction:
        return beside_the_tests_own_transaction.submit(_rows_of_an_import).result()


def _rows_of_an_import() -> dict[str, bytes]:
    try:
        with transaction.atomic():
            before = _contents()
            _import()
            after = _contents()
            transaction.set_rollback(True)
    finally:
        connection.close()
    return {table: rows for table, rows in after.items() if rows != before[table]}


def _import() -> None:
    from timcombo_console.estate.importing import import_estate

    import_estate(actor=None, text=ESTATE.read_text(), name=ESTATE.name)


def _contents() -> dict[str, bytes]:
    from django.apps import apps

    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    return {table: _content(table) for table in sorted(tables.difference(FILLED_BY_A_TRIGGER))}


def _content(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(copy)
