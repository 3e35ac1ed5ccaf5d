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

Owner = psycopg.Connection[tuple[object, ...]]


@contextmanager
def database() -> Iterator[Owner]:
    """A fresh database, as its owner; in the block Django's models and pages are on it too. It is dropped at the end.

    Whoever fills it should CHECKPOINT before measuring, or pages wait for the disk to take what was filled in.
    """
    with tempfile.TemporaryDirectory(prefix="timcombo-bench-") as folder:
        cluster = cluster_in(home_of(CHECKOUT), "bench/postgres", SETTINGS)
        cluster.create()
        server = Process(cluster.command(), Path(folder) / "postgres.log")
        server.start()
        server.wait_ready(cluster.ready, 20)
        try:
            clone(cluster, ensure_template(cluster, CHECKOUT, _run), NAME)
            _set_up_django(cluster, Path(folder))
            with cluster.connect() as admin:
                admin.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(sql.Identifier(OWNER)))
            with cluster.connect(OWNER, NAME) as owner:
                yield owner
            with cluster.connect() as admin:
                drop(admin, NAME)
        finally:
            server.stop()


def _run(command: Command) -> None:
    subprocess.run(
        command.argv, cwd=command.cwd, env={**os.environ, **_environment(), **command.env}, check=True
    )


def _environment() -> dict[str, str]:
    return {
        "CONSOLE_SECRET_KEY": "only-for-benchmarks-" + "0" * 40,
        "CONSOLE_AWS": "emulated",
        "REDIS_URL": "redis://",
    }


def _set_up_django(cluster: Cluster, folder: Path) -> None:
    (folder / "static").mkdir()
    os.environ.update(_environment())
    os.environ["DATABASE_URL"] = cluster.url(APP, NAME)
    os.environ["CONSOLE_VAR"] = str(folder)
    os.environ["CONSOLE_LOG_LEVEL"] = "ERROR"
    os.environ["CONSOLE_ALLOWED_HOSTS"] = "testserver"
    os.environ["DJANGO_SETTINGS_MODULE"] = "timcombo_console.settings"
    import django

    django.setup()
