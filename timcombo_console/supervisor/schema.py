"""Tables and rights: migrating as the owner, granting to the application, and the migrated template database."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from psycopg import Connection, sql

from timcombo_console.supervisor.postgres import ADMIN, APP, OWNER, Cluster
from timcombo_console.supervisor.process import Command

GRANTS = """
GRANT USAGE ON SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
"""

NARROWED = {
    "audit_event": "SELECT, INSERT",
    "audit_seal": "SELECT, INSERT",
    "audit_unsealed": "SELECT, INSERT, DELETE",
    "django_migrations": "SELECT",
}
"""Tables on which the application has fewer rights than on the others: nobody rewrites the audit log."""


def migrations_digest(checkout: Path) -> str:
    """A name for the tables that this code makes: ten hex digits over all migrations and locked packages."""
    files = [*sorted(checkout.glob("*/migrations/*.py")), checkout / "requirements.lock", Path(__file__)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:10]


def migration(checkout: Path, owner_url: str) -> Command:
    """The process that migrates as the owner."""
    argv = (sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0")
    return Command("migrate", argv, checkout, {"DATABASE_URL": owner_url})


def grant(owner: Connection[tuple[object, ...]], app: str = APP) -> None:
    """Give `app` what the console needs on the tables of the connected owner, and no more."""
    name = sql.Identifier(app)
    owner.execute(sql.SQL(GRANTS).format(app=name))
    for table, rights in NARROWED.items():
        if owner.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone() == (None,):
            continue
        target = sql.SQL("TABLE public.{}").format(sql.Identifier(table))
        owner.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(target, name))
        owner.execute(sql.SQL("GRANT " + rights + " ON {} TO {}").format(target, name))


def ensure_roles(cluster: Cluster) -> None:
    """Make the owner's and the application's role, with today's passwords."""
    with cluster.connect() as admin:
        for role in (OWNER, APP):
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            password = sql.Literal(getattr(cluster.passwords, role))
            admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), password))


def ensure_template(cluster: Cluster, checkout: Path, run: Callable[[Command], None]) -> str:
    """The name of a migrated, granted, empty database for today's migrations; older ones are dropped.

    `run` runs the migrating process to its end and raises when it fails.
    """
    ensure_roles(cluster)
    name = f"template_{migrations_digest(checkout)}"
    with cluster.connect() as admin:
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'").fetchall()
        found = {str(row[0]) for row in rows}
        if name in found:
            return name
        for old in found | {"building"}:
            drop(admin, old)
        admin.execute(sql.SQL("CREATE DATABASE building OWNER {}").format(sql.Identifier(OWNER)))
        run(migration(checkout, cluster.url(OWNER, "building")))
        with cluster.connect(OWNER, "building") as owner:
            grant(owner)
        admin.execute(sql.SQL("ALTER DATABASE building RENAME TO {}").format(sql.Identifier(name)))
    return name


def clone(cluster: Cluster, template: str, name: str) -> None:
    """Make the database `name` as a copy of `template`, in place of one that has that name."""
    with cluster.connect(ADMIN) as admin:
        drop(admin, name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy")
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)))


def drop(admin: Connection[tuple[object, ...]], name: str) -> None:
    """Drop the database `name` and whoever is connected to it."""
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
