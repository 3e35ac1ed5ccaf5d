"""Which database the console may use, and beginning the demo's anew.

A demo begins with an empty database. It may empty only what a demo made, which the row in `demo_marker` says.
"""

import psycopg
from psycopg import Connection, sql

from timcombo_console.supervisor.home import SetupError

MARKER = "CREATE TABLE IF NOT EXISTS public.demo_marker (epoch bigint PRIMARY KEY, created_at timestamptz DEFAULT now())"
TABLES = """
SELECT table_schema || '.' || table_name FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def connect(url: str) -> Connection[tuple[object, ...]]:
    """An autocommit connection; raises SetupError saying which server does not answer."""
    _, _, rest = url.partition("://")
    try:
        return psycopg.connect(f"postgresql://{rest}", autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        place = rest.rpartition("@")[2]
        raise SetupError(f"The database at {place} does not answer: {error} Check DATABASE_URL.") from error


def tables_of(connection: Connection[tuple[object, ...]]) -> list[str]:
    """The tables in the connected database, with their schemas."""
    return [str(row[0]) for row in connection.execute(TABLES).fetchall()]


def begin_demo(owner_url: str, epoch: int) -> None:
    """Leave nothing in the database but a new marker; raises SetupError unless it is empty or was made by a demo."""
    with connect(owner_url) as owner:
        tables = tables_of(owner)
        if tables and "public.demo_marker" not in tables:
            raise SetupError(
                f"The database in DATABASE_URL is not empty ({len(tables)} tables, the first is {tables[0]}) and was not "
                "made by a demo, so the demo does not touch it. Give it an empty database, or set CONSOLE_AWS=live."
            )
        if tables:
            _empty(owner)
        mark(owner, epoch)


def refuse_demo(url: str) -> None:
    """Raises SetupError when the database was made by a demo: the live console must not trust its rows."""
    with connect(url) as connection:
        if "public.demo_marker" in tables_of(connection):
            raise SetupError(
                "The database in DATABASE_URL was made by a demo of the emulated cloud. "
                "Give the live console a database of its own."
            )


def mark(owner: Connection[tuple[object, ...]], epoch: int) -> None:
    """Write the row that says: a demo made this database."""
    owner.execute(MARKER)
    owner.execute("INSERT INTO public.demo_marker (epoch) VALUES (%s)", [epoch])


def _empty(owner: Connection[tuple[object, ...]]) -> None:
    try:
        owner.execute(sql.SQL("DROP SCHEMA public CASCADE"))
        owner.execute(sql.SQL("CREATE SCHEMA public"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError(
            "The earlier demo's tables cannot be removed: the role is not the owner of the database. "
            "Set DATABASE_OWNER_URL to the owner's address, or give the demo an empty database."
        ) from error
