"""Fixtures for databases and real workers.

A test with real workers or threads takes `cloned_database`: its own clone of the migrated template, dropped
afterwards, so nothing is ever flushed.
"""

import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.databases import CHECKOUT, SESSION, Server, connected_to
from timcombo_console.supervisor.postgres import APP, OWNER
from timcombo_console.supervisor.process import Command, Process
from timcombo_console.supervisor.schema import clone, drop
from timcombo_console.supervisor.valkey import Valkey, valkey_in


@pytest.fixture(scope="session")
def postgres() -> Server:
    """The session's PostgreSQL."""
    if not SESSION.cluster.data.exists():
        SESSION.start()
    return SESSION.postgres_server


@pytest.fixture(scope="session")
def valkey(postgres: Server) -> Server:
    """The session's Valkey."""
    return SESSION.valkey_server


@pytest.fixture(scope="session")
def django_db_setup(postgres: Server, valkey: Server) -> None:
    """pytest-django's own would make a database as the application, which may not; ours is there already."""


@dataclass
class Clone:
    """A database of a test's own, and what a process needs to use it."""

    name: str
    env: dict[str, str]

    @property
    def url(self) -> str:
        """For the application's role."""
        return SESSION.cluster.url(APP, self.name)

    @property
    def owner_url(self) -> str:
        """For the owner of the tables."""
        return SESSION.cluster.url(OWNER, self.name)


@pytest.fixture(scope="session")
def template(django_db_setup: None) -> str:
    """The database that `cloned_database` copies. A folder's conftest may put one with more rows in its place."""
    return SESSION.template


@pytest.fixture
def cloned_database(template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Clone]:
    """A fresh clone of the template that this process, its threads and its workers really commit to."""
    name = f"clone_{secrets.token_hex(4)}"
    clone(SESSION.cluster, template, name)
    with django_db_blocker.unblock(), connected_to(name):
        yield Clone(name, {"DATABASE_URL": SESSION.cluster.url(APP, name)})
    SESSION.postgres_server.start()
    with SESSION.cluster.connect() as admin:
        drop(admin, name)


@dataclass
class Broker:
    """A Valkey of a test's own: `server` may be stopped, killed, restarted; `url` is for REDIS_URL."""

    server: Server
    valkey: Valkey

    @property
    def url(self) -> str:
        return self.valkey.url

    def empty(self) -> None:
        """Forget every message."""
        with self.valkey.client() as client:
            client.flushall()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A private, empty Valkey."""
    valkey = valkey_in(SESSION.home, f"{SESSION.name}/broker-{secrets.token_hex(3)}")
    server = Server(valkey.command(), valkey.ready, tmp_path / "valkey.log")
    server.start()
    yield Broker(server, valkey)
    server.stop()
    shutil.rmtree(SESSION.home.folder / valkey.name)
    shutil.rmtree(valkey.socket.parent, ignore_errors=True)


@dataclass
class Workers:
    """Starts real Celery processes on a clone and a broker; all of them are killed when the test ends."""

    database: Clone
    broker: Broker
    logs: Path
    started: list[Process] = field(default_factory=list)

    def start(
        self, queue: str = "runs", slots: int = 1, env: dict[str, str] | None = None, wait: bool = True
    ) -> Process:
        """A worker of `queue` with `slots` prefork slots; returns when it answers pings."""
        name = f"{queue}-{len(self.started)}@test"
        argv = [
            "worker",
            "-Q",
            queue,
            "-c",
            str(slots),
            "-n",
            name,
            "--prefetch-multiplier",
            "1",
            "-l",
            "INFO",
        ]
        process = self._start(name, [*argv, "--without-gossip", "--without-mingle"], env or {})
        if wait:
            process.wait_ready(lambda: " ready." in process.output(), 30)
        return process

    def beat(self, env: dict[str, str] | None = None) -> Process:
        """The scheduler, which sends `wake` every second."""
        name = f"beat-{len(self.started)}"
        return self._start(name, ["beat", "-s", str(self.logs / name), "--pidfile=", "-l", "INFO"], env or {})

    def _start(self, name: str, argv: list[str], env: dict[str, str]) -> Process:
        full = {**self.database.env, "REDIS_URL": self.broker.url, **env}
        command = Command(
            name, (sys.executable, "-m", "celery", "-A", "timcombo_console", *argv), CHECKOUT, full
        )
        process = Process(command, self.logs / f"{name}.log")
        process.start()
        self.started.append(process)
        return process

    def output(self) -> str:
        """The logs of all of them, for a failing assertion."""
        return "\n".join(f"== {p.command.name}\n{p.tail(40)}" for p in self.started)


@pytest.fixture
def workers(cloned_database: Clone, broker: Broker, tmp_path: Path) -> Iterator[Workers]:
    """A starter of real workers on `cloned_database` and a private `broker`."""
    started = Workers(cloned_database, broker, tmp_path)
    yield started
    for process in started.started:
        process.kill()


@pytest.fixture
def real_worker(workers: Workers) -> Process:
    """One real worker of the queue `runs`; `.kill()`, `.stop()`, `.send(SIGSTOP)`, `.start()` are the faults."""
    return workers.start()
