"""A database as somebody would give it."""

import pytest

from tests.databases import SESSION, Server
from timcombo_console.supervisor.postgres import ADMIN, OWNER
from timcombo_console.supervisor.schema import drop

EMPTY = "test_given"


@pytest.fixture
def given(postgres: Server) -> str:
    """The owner's address of an empty database, as somebody would give it in DATABASE_URL."""
    with SESSION.cluster.connect(ADMIN) as admin:
        drop(admin, EMPTY)
        admin.execute(f"CREATE DATABASE {EMPTY} OWNER {OWNER}")
    return SESSION.cluster.url(OWNER, EMPTY)
