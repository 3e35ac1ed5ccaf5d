"""`./console up`: everything started, kept alive, and stopped in order."""

import json
import os
import secrets
import urllib.error
import urllib.request
from typing import Any

import psycopg

from timcombo_console.supervisor import ports
from timcombo_console.supervisor.commands import SLOTS, WATCH_SLOTS, Commands, cloud
from timcombo_console.supervisor.handover import Lock, secret_key, write_private
from timcombo_console.supervisor.home import home_of
from timcombo_console.supervisor.keeper import CloudLost, Keeper, Stopped
from timcombo_console.supervisor.options import CHECKOUT, Options
from timcombo_console.supervisor.process import ProcessEndedError, rotate
from timcombo_console.supervisor.servers import Servers, new_epoch, private_folder, servers_for

FOREVER = float("inf")
PATIENCE = 170
"""Seconds until the demo must be ready."""
STOP_ORDER = [
    ["web", "beat"],
    ["worker-wake", "worker-runs", "worker-watch"],
    ["cloud"],
    ["valkey"],
    ["postgres"],
]
WEB_PORT, EDGE_PORT = 8000, 8080


class Up:
    """One run of `./console up`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.var = private_folder(options.var)
        home = home_of(CHECKOUT)
        self.lock = Lock(home.private("demo"))
        lock = self.lock.take()
        self.port = ports.asked_for(
            WEB_PORT if options.port is None else options.port, "the web server", "--port"
        )
        self.edge_port = self._edge_port()
        self.url = f"http://{ports.HOST}:{self.port}"
        self.aws = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
        self.servers: Servers = servers_for(options, home)
        self._withdraw()
        for log in (self.var / "log").glob("*.log"):
            rotate(log)
        self.keeper = Keeper(self.var / "log", lock, say)
        self.epoch, self.began_again = 0, False

    def run(self) -> None:
        """Serve until a signal asks for the end; whatever happens, nothing is left running."""
        try:
            self.lock.note(self.url)
            self.servers.start(self.keeper)
            self._live() if self.options.live else self._demo()
        except Stopped:
            say("Stopping.")
        finally:
            self._stop_all()

    def _live(self) -> None:
        commands = self._commands(self.aws, {})
        self.servers.begin_live(self.keeper, commands.env)
        self.keeper.run(commands.manage("collectstatic", "--no-input", "--verbosity", "0"), 120)
        self._start_application(commands)
        self._wait_answering()
        say(f"The console answers at {self.url}. It works on real AWS accounts. Ctrl-C stops it.")
        self.keeper.wait(lambda: False, FOREVER)

    def _demo(self) -> None:
        while True:
            self.began_again = bool(self.epoch)
            self.epoch = new_epoch(self.epoch)
            deaths = self.keeper.deaths
            try:
                self._one_demo()
            except CloudLost as loss:
                say(f"{loss}\nIts state is lost, so the demo begins again with a fresh database.")
            except (ProcessEndedError, psycopg.OperationalError) as failure:
                if self.keeper.deaths == deaths:
                    raise
                say(f"{failure}\nA server died before the demo was ready, so it begins again.")
            self._withdraw()
            self.keeper.stop(["web", "beat", "worker-wake", "worker-runs", "worker-watch", "cloud"])

    def _one_demo(self) -> None:
        emulated = self.keeper.start(cloud(self.edge_port), irreplaceable=True)
        self.servers.begin_demo(self.keeper, self.epoch, self._commands({}, {}).env)
        self.keeper.ready(emulated, lambda: bool(_json_line(emulated.output())), 30)
        facts = _json_line(emulated.output())
        commands = self._commands(_aws_environment(facts), self._demo_environment(facts))
        self._start_application(commands)
        users = self._seed(commands)
        self._wait_answering()
        self._announce(facts, users)
        self.keeper.run(commands.manage("apply_demo"), 120)
        self._hand_over(facts, users, "applying")
        say("The AWS resources of Tim-Combo are being made; the pages answer meanwhile.")
        self.keeper.run(commands.manage("await_demo", "--seconds", str(PATIENCE)), PATIENCE + 10)
        self._hand_over(facts, users, "ready")
        say("The demo is ready. Ctrl-C stops everything.")
        self.keeper.wait(lambda: False, FOREVER)

    def _start_application(self, commands: Commands) -> None:
        write_private(self.var / "environment.json", commands.env)
        self.keeper.start(commands.web(self.port))
        self.keeper.start(commands.worker("runs", SLOTS))
        self.keeper.start(commands.worker("watch", WATCH_SLOTS))
        self.keeper.start(commands.worker("wake", 1))
        self.keeper.start(commands.beat())

    def _seed(self, commands: Commands) -> list[dict[str, str]]:
        written = self.var / "demo-users.json"
        self.keeper.run(commands.manage("seed_demo", "--credentials-out", str(written)), 120)
        users: list[dict[str, str]] = json.loads(written.read_text())
        written.unlink()
        return users

    def _wait_answering(self) -> None:
        if not self.keeper.wait(lambda: _answers(f"{self.url}/readyz"), 60):
            raise ProcessEndedError(
                f"{self.url}/readyz does not answer 200 after 60 s. See {self.var / 'log'}."
            )

    def _commands(self, aws: dict[str, str], extra: dict[str, str]) -> Commands:
        env = {
            "DJANGO_SETTINGS_MODULE": "timcombo_console.settings",
            "DATABASE_URL": self.servers.database_url,
            "REDIS_URL": self.servers.redis_url,
            "CONSOLE_SECRET_KEY": os.environ.get("CONSOLE_SECRET_KEY") or secret_key(self.var),
            "CONSOLE_AWS": "live" if self.options.live else "emulated",
            "CONSOLE_VAR": str(self.var),
            **extra,
        }
        return Commands(env, aws, self.var)

    def _demo_environment(self, facts: dict[str, Any]) -> dict[str, str]:
        return {
            "CONSOLE_EDGE": facts["edge"],
            "CONSOLE_DNS": facts["dns"],
            "CONSOLE_WORKER_PRINCIPAL": facts["worker"],
            "CONSOLE_DEMO_EPOCH": str(self.epoch),
            "CONSOLE_DEMO_BEGAN_AGAIN": str(self.began_again).lower(),
            "CONSOLE_PUBLIC_URL": self.url,
            "CONSOLE_DEMO_INBOX": f"{facts['control']}/inbox/console",
            "CONSOLE_WEBHOOK_SECRET_DEMO_INBOX": secrets.token_hex(32),
            # The emulated cloud has its metrics at once.
            "CONSOLE_WAVE_SECONDS": "3",
            "CONSOLE_SETTLED_SECONDS": "3",
            "CONSOLE_TRUTH_SECONDS": "30",
        }

    def _announce(self, facts: dict[str, Any], users: list[dict[str, str]]) -> None:
        logins = "\n".join(f"    {user['role']:<16} {user['name']:<16} {user['password']}" for user in users)
        say(
            f"The console answers at {self.url}\n"
            f"  Sites: http://<hostname>.localhost:{self.edge_port}/, AWS: {facts['endpoint']} (emulated, in memory)\n"
            f"  Sign in (role, name, password):\n{logins}\n"
            "  Cloud and database are fresh."
        )

    def _hand_over(self, facts: dict[str, Any], users: list[dict[str, str]], estate: str) -> None:
        """Tell where everything is; `estate` is applying or ready."""
        manager = next(user for user in users if user["role"] == "release_manager")
        content = {
            "url": self.url,
            "aws_endpoint": facts["endpoint"],
            "aws_owners": facts["owners"],
            "edge": facts["edge"],
            "devcloud_control": facts["control"],
            "dns": facts["dns"],
            "epoch": self.epoch,
            "estate": estate,
            "users": users,
            "api_token": manager["api_token"],
        }
        write_private(self.var / "console.json", content)

    def _edge_port(self) -> int:
        if self.options.live:
            return 0
        if self.options.edge_port is None:
            return ports.near(EDGE_PORT, "the emulated edge", "--edge-port")
        return ports.asked_for(self.options.edge_port, "the emulated edge", "--edge-port")

    def _withdraw(self) -> None:
        for name in ("console.json", "environment.json", "demo-users.json"):
            (self.var / name).unlink(missing_ok=True)

    def _stop_all(self) -> None:
        self._withdraw()
        for names in STOP_ORDER:
            self.keeper.stop(names)
        self.keeper.end()


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _json_line(output: str) -> dict[str, Any]:
    """The first whole line that is a JSON object, or nothing yet."""
    for line in output.splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}


def _aws_environment(facts: dict[str, Any]) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": facts["endpoint"],
        "AWS_ACCESS_KEY_ID": facts["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": facts["secret_access_key"],
        "AWS_EC2_METADATA_DISABLED": "true",
    }
