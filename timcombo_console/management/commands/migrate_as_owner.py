"""Migrates in production: as the database's owner, who then gives the application its own, smaller role."""

import os
import subprocess
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import Connection, sql

from timcombo_console.supervisor.schema import grant, migration


class Command(BaseCommand):
    help = "Migrate as DATABASE_OWNER_URL, then make the role of DATABASE_URL and grant it what the console needs."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        owner = settings.DATABASE_OWNER_URL
        if not owner:
            raise CommandError("DATABASE_OWNER_URL is not set: the URL of the role that owns the tables.")
        command = migration(settings.BASE_DIR, owner)
        done = subprocess.run(command.argv, cwd=command.cwd, env={**os.environ, **command.env}, check=False)
        if done.returncode:
            raise CommandError("The migration failed; what it said is above. Nothing was granted.")
        app = urlsplit(os.environ["DATABASE_URL"])
        name, password = unquote(app.username or ""), unquote(app.password or "")
        if name == urlsplit(owner).username:
            self.stdout.write(
                "One role owns and uses the tables: the audit log is guarded by triggers and chain only."
            )
            return
        with psycopg.connect(owner, autocommit=True) as connection:
            _ensure(connection, name, password)
            grant(connection, name)
        self.stdout.write(f"Migrated. The role {name} may use the tables.")


def _ensure(connection: Connection[Any], name: str, password: str) -> None:
    role = sql.Identifier(name)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
