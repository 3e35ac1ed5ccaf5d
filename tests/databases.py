"""The databases of a test session: one embedded PostgreSQL and Valkey, started when the first test asks for them.

Loaded by `-p tests.databases` before Django reads its settings, so that no test ever meets a developer's database.
Tests run as the application's role on a clone of the migrated template. `tests.workers` holds the fixtures.
"""

import atexit
import fcntl
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from timcombo_console.supervisor.home import home_of
from timcombo_console.supervisor.postgres import APP, OWNER, TEST_SETTINGS, cluster_in, passwords_at
from timcombo_console.supervisor.process import Command, Process, ProcessEndedError, wait_until
from timcombo_console.supervisor.schema import clone, ensure_template, migrations_digest
from timcombo_console.supervisor.valkey import valkey_in

CHECKOUT = Path(__file__).resolve().parent.parent
TEST_DATABASE = "test_console"


class Server:
    """A server that a test may stop, kill and start again."""

    def __init__(self, command: Command, ready: Callable[[], bool], log: Path) -> None:
        self.process = Process(command, log)
        self._ready = ready

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if not self.process.alive():
            self.process.start()
            self.process.wait_ready(self._ready, 20)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.process.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()

    def restart(self) -> None:
        """Crash it and start it again: clients lose their connections, data on disk stays."""
        self.kill()
        self.start()


class Session:
    """The folders and servers of one pytest run."""

    def __init__(self) -> None:
        self.home = home_of(CHECKOUT)
        self.root = self.home.private("tests")
        self.name = f"tests/session-{os.getpid()}-{secrets.token_hex(3)}"
        with self._locked():
            self._forget_dead_sessions()
            self.folder = self.home.private(self.name)
            self._alive = (self.folder / "alive").open("w")
            fcntl.flock(self._alive, fcntl.LOCK_EX)
        self.var = self.folder / "var"
        self.var.mkdir()
        (self.var / "static").mkdir()  # WhiteNoise warns when it is not there, and warnings are errors.
        self.passwords = passwords_at(self.root / "passwords.json")
        self.cluster = cluster_in(self.home, self.name, TEST_SETTINGS, self.passwords)
        self.valkey = valkey_in(self.home, f"{self.name}/valkey")
        self.postgres_server = Server(self.cluster.command(), self.cluster.ready, self.var / "postgres.log")
        self.valkey_server = Server(self.valkey.command(), self.valkey.ready, self.var / "valkey.log")
        self.template = f"template_{migrations_digest(CHECKOUT)}"

    def environment(self) -> dict[str, str]:
        """What Django's settings read."""
        return {
            "DATABASE_URL": self.cluster.url(APP, TEST_DATABASE),
            "DATABASE_OWNER_URL": self.cluster.url(OWNER, TEST_DATABASE),
            "REDIS_URL": self.valkey.url,
            "CONSOLE_SECRET_KEY": "only-for-tests-" + "0" * 40,
            "CONSOLE_AWS": "emulated",
            "CONSOLE_VAR": str(self.var),
            "CONSOLE_ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        }

    def start(self) -> None:
        """Copy the migrated cluster, start both servers, make the test database."""
        self._copy_golden()
        self.postgres_server.start()
        self.valkey_server.start()
        clone(self.cluster, self.template, TEST_DATABASE)

    def end(self) -> None:
        """Stop the servers and remove everything of this session."""
        for server in (self.valkey_server, self.postgres_server):
            server.stop()
        self._alive.close()
        for folder in (self.folder, self.cluster.sockets, self.valkey.socket.parent):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One session at a time, of those that run in this checkout at once."""
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _copy_golden(self) -> None:
        """Take a stopped cluster that holds the template of today's migrations; the first session makes it."""
        golden = self.root / f"golden-{self.template}"
        with self._locked():
            if not golden.exists():
                for old in self.root.glob("golden-*"):
                    shutil.rmtree(old)
                self._build(golden)
            subprocess.run(["cp", "-a", str(golden / "data"), str(self.cluster.data)], check=True)

    def _build(self, golden: Path) -> None:
        building = cluster_in(self.home, "tests/building", TEST_SETTINGS, self.passwords)
        shutil.rmtree(building.data, ignore_errors=True)
        building.create()
        server = Server(building.command(), building.ready, self.var / "building.log")
        server.start()
        try:
            ensure_template(building, CHECKOUT, self._run)
        finally:
            server.stop()
        self.home.private(str(golden.relative_to(self.home.folder)))
        building.data.rename(golden / "data")

    def _run(self, command: Command) -> None:
        process = Process(command, self.var / f"{command.name}.log")
        process.start()
        wait_until(lambda: not process.alive(), 120)
        process.kill()
        if process.exit_status():
            raise ProcessEndedError(process.obituary())

    def _forget_dead_sessions(self) -> None:
        for folder in self.root.glob("session-*"):
            try:
                with (folder / "alive").open("w") as alive:
                    fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
            except OSError:
                continue  # It runs, or another session removes it at this moment.


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Have Django's connections of this process and its threads lead to the database `name`."""
    from django.db import connections

    settings = connections.settings["default"]
    kept = settings["NAME"]
    connections.close_all()
    settings["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        settings["NAME"] = kept
        connections["default"].settings_dict["NAME"] = kept


SESSION = Session()
atexit.register(SESSION.end)
for _name in [name for name in os.environ if name.startswith(("CONSOLE_", "AWS_"))]:
    del os.environ[_name]
os.environ.update(SESSION.environment())


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    # After pytest-django, because of two fixtures with one name the plugin registered last wins.
    config.pluginmanager.import_plugin("tests.workers")
