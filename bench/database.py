"""A PostgreSQL of the benchmark's own, with the console's tables, and Django set up on it as the application's role."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from timcombo_console.supervisor.home import home_of
from timcombo_console.supervisor.postgres import APP, OWNER, Cluster, cluster_in
from timcombo_console.supervisor.process import Command, Process
from timcombo_console.supervisor.schema import clone, drop, ensure_template

CHECKOUT = Path(__file__).resolve().parent.parent
NAME = "bench"
SETTINGS = {
    "synchronous_commit": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "256MB",
}

MIGRATING = {
    "CONSOLE_SECRET_KEY": "only-for-benchmarks-" + "0" * 40,
    "CONSOLE_AWS": "emulated",
    "REDIS_URL": "redis://",
}

Owner = psycopg.Connection[tuple[object, ...]]


@contextmanager
def database() -> Iterator[Owner]:
    """A fresh database, as its owner; in the block Django's models and pages are on it too. It is dropped at the end.

    Whoever fills it should CHECKPOINT before measuring, or pages wait for the disk to take what was filled in.
    """
    with settings_and_owner() as (environment, owner):
        os.environ.update(environment)
        import django

        django.setup()
        yield owner


@contextmanager
def settings_and_owner() -> Iterator[tuple[dict[str, str], Owner]]:
    """A fresh database: what Django's settings read to be on it, and a connection as its owner."""
    with tempfile.TemporaryDirectory(prefix="timcombo-bench-") as folder:
        cluster = cluster_in(home_of(CHECKOUT), "bench/postgres", SETTINGS)
        cluster.create()
        server = Process(cluster.command(), Path(folder) / "postgres.log")
        server.start()
        server.wait_ready(cluster.ready, 20)
        try:
            clone(cluster, ensure_template(cluster, CHECKOUT, _run), NAME)
            with cluster.connect() as admin:
                admin.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(sql.Identifier(OWNER)))
            with cluster.connect(OWNER, NAME) as owner:
                yield _environment(cluster, Path(folder)), owner
            with cluster.connect() as admin:
                drop(admin, NAME)
        finally:
            server.stop()


def _run(command: Command) -> None:
    subprocess.run(command.argv, cwd=command.cwd, env={**os.environ, **MIGRATING, **command.env}, check=True)


def _environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    (folder / "static").mkdir()
    return MIGRATING | {
        "DATABASE_URL": cluster.url(APP, NAME),
        "CONSOLE_VAR": str(folder),
        "CONSOLE_LOG_LEVEL": "ERROR",
        "CONSOLE_ALLOWED_HOSTS": "testserver",
        "DJANGO_SETTINGS_MODULE": "timcombo_console.settings",
    }
