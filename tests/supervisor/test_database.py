"""A demo empties only what a demo made; the live console refuses it."""

import psycopg
import pytest

from tests.databases import SESSION
from tests.supervisor.conftest import EMPTY
from tests.workers import Clone
from timcombo_console.supervisor import database
from timcombo_console.supervisor.home import SetupError
from timcombo_console.supervisor.postgres import OWNER


def tables(url: str) -> list[str]:
    with database.connect(url) as connection:
        return database.tables_of(connection)


def test_an_empty_database_gets_the_marker(given: str) -> None:
    database.begin_demo(given, 7)
    assert tables(given) == ["public.demo_marker"]


def test_an_earlier_demo_is_emptied(given: str) -> None:
    database.begin_demo(given, 7)
    with database.connect(given) as owner:
        owner.execute("CREATE TABLE left_over (id int)")
    database.begin_demo(given, 8)
    assert tables(given) == ["public.demo_marker"]
    with database.connect(given) as owner:
        assert owner.execute("SELECT epoch FROM demo_marker").fetchall() == [(8,)]


def test_anybody_elses_database_is_left_alone(cloned_database: Clone) -> None:
    before = tables(cloned_database.owner_url)
    with pytest.raises(SetupError, match=r"is not empty \(\d+ tables, the first is public\."):
        database.begin_demo(cloned_database.owner_url, 7)
    assert tables(cloned_database.owner_url) == before


def test_live_refuses_a_demos_database(given: str) -> None:
    database.refuse_demo(given)
    database.begin_demo(given, 7)
    with pytest.raises(SetupError, match="made by a demo"):
        database.refuse_demo(given)


def test_a_role_that_owns_nothing_is_told_what_to_set(given: str) -> None:
    database.begin_demo(given, 7)
    with database.connect(given) as owner:
        owner.execute("GRANT SELECT ON demo_marker TO console")
    with pytest.raises(SetupError, match="DATABASE_OWNER_URL"):
        database.begin_demo(given.replace(OWNER, "console", 1).replace(*passwords()), 8)


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(SetupError, match=r"(?s)127\.0\.0\.1:1/x does not answer.*DATABASE_URL"):
        database.connect("postgres://somebody:secret@127.0.0.1:1/x")
    with pytest.raises(SetupError) as refused:
        database.connect("postgres://somebody:secret@127.0.0.1:1/x")
    assert "secret" not in str(refused.value)


def test_the_marker_is_written_by_its_owner_only(given: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.connect(SESSION.cluster.url("console", EMPTY)) as app,
    ):
        database.mark(app, 7)


def passwords() -> tuple[str, str]:
    return SESSION.passwords.console_owner, SESSION.passwords.console
