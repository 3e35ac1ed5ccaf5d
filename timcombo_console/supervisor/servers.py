"""PostgreSQL and Valkey for `up`: the given ones or the embedded ones, and the database in them made ready."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from timcombo_console.supervisor import database, schema
from timcombo_console.supervisor.home import Home, SetupError
from timcombo_console.supervisor.keeper import Keeper
from timcombo_console.supervisor.options import CHECKOUT, Options
from timcombo_console.supervisor.postgres import APP, OWNER, Cluster, cluster_in
from timcombo_console.supervisor.process import Command
from timcombo_console.supervisor.valkey import Valkey, valkey_in

DATABASE = "console_demo"


@dataclass
class Servers:
    """The database and the broker; `cluster` and `valkey` are None where the environment names others."""

    options: Options
    cluster: Cluster | None
    valkey: Valkey | None

    @property
    def database_url(self) -> str:
        """For the application's role."""
        return self.options.database_url or self._embedded(APP)

    @property
    def owner_url(self) -> str:
        """For the role that migrates; the application's own when no other is known."""
        if self.cluster:
            return self._embedded(OWNER)
        return self.options.owner_url or self.options.database_url

    @property
    def redis_url(self) -> str:
        return self.valkey.url if self.valkey else self.options.redis_url

    def start(self, keeper: Keeper) -> None:
        """Start what is embedded, and wait until it answers."""
        waiting = []
        if self.cluster:
            self.cluster.create()
            waiting.append((keeper.start(self.cluster.command()), self.cluster.ready))
        if self.valkey:
            waiting.append((keeper.start(self.valkey.command()), self.valkey.ready))
        for process, ready in waiting:
            keeper.ready(process, ready, 30)

    def begin_demo(self, keeper: Keeper, epoch: int, env: Mapping[str, str]) -> None:
        """A fresh database with today's tables and the demo's marker, and an empty broker of our own."""
        if self.valkey:
            with self.valkey.client() as client:
                client.flushall()
        if self.cluster:
            template = schema.ensure_template(self.cluster, CHECKOUT, runner(keeper, env))
            schema.clone(self.cluster, template, DATABASE)
            with self.cluster.connect(OWNER, DATABASE) as owner:
                database.mark(owner, epoch)
            return
        database.begin_demo(self.owner_url, epoch)
        self._migrate(keeper, env)

    def begin_live(self, keeper: Keeper, env: Mapping[str, str]) -> None:
        """The given database, migrated; refused when a demo made it."""
        database.refuse_demo(self.database_url)
        self._migrate(keeper, env)

    def _migrate(self, keeper: Keeper, env: Mapping[str, str]) -> None:
        runner(keeper, env)(schema.migration(CHECKOUT, self.owner_url))
        if self.options.owner_url:
            with database.connect(self.owner_url) as owner:
                schema.grant(owner, urlsplit(self.database_url).username or APP)

    def _embedded(self, role: str) -> str:
        if self.cluster is None:
            raise SetupError("DATABASE_URL is empty.")
        return self.cluster.url(role, DATABASE)


def runner(keeper: Keeper, env: Mapping[str, str]) -> Callable[[Command], None]:
    """Runs a command with the console's environment beneath its own, while the keeper watches."""
    return lambda command: keeper.run(replace(command, env={**env, **command.env}), 300)


def servers_for(options: Options, home: Home) -> Servers:
    """The servers that these options ask for."""
    cluster = None if options.database_url else cluster_in(home, "demo/postgresql", {})
    valkey = None if options.redis_url else valkey_in(home, "demo/valkey")
    return Servers(options, cluster, valkey)


def new_epoch(after: int) -> int:
    """A number for a demo that begins now (seconds since 1970), greater than `after`."""
    return max(int(time.time()), after + 1)


def private_folder(path: Path) -> Path:
    """`path`, made when missing; raises SetupError when it is not ours to write to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / ".writable").touch()
        (path / ".writable").unlink()
    except PermissionError as error:
        raise SetupError(
            f"{path} cannot be written to ({error.strerror}): another user made it. Run ./console as that user, or remove it."
        ) from error
    return path
