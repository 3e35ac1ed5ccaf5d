"""The command lines of the console's own processes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from timcombo_console.supervisor.options import CHECKOUT
from timcombo_console.supervisor.ports import HOST
from timcombo_console.supervisor.process import Command

ESTATE = CHECKOUT / "estates" / "tim-combo.yaml"
SLOTS, WATCH_SLOTS = 4, 2
MADE_BY_APPLY = "tim-combo"
"""The product of the demo whose AWS resources are made by a plan; those of the other were made by hand."""


@dataclass(frozen=True)
class Commands:
    """Makes them with one environment: `env` for all, `aws` (credentials, the emulated endpoint) for workers only."""

    env: Mapping[str, str]
    aws: Mapping[str, str]
    var: Path

    def web(self, port: int) -> Command:
        """The web server. SIGTERM lets requests end for one second."""
        argv = ["gunicorn", "timcombo_console.wsgi", "--bind", f"{HOST}:{port}", "--no-control-socket"]
        argv += ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--preload"]
        argv += ["--timeout", "60", "--graceful-timeout", "1"]
        return self._python("web", *argv, "--access-logfile", "-")

    def worker(self, queue: str, slots: int) -> Command:
        """A worker of one queue. SIGTERM lets its tasks end."""
        argv = ["worker", "-Q", queue, "-c", str(slots), "-n", f"{queue}@%h", "--prefetch-multiplier", "1"]
        command = self._celery(f"worker-{queue}", *argv, "--without-gossip", "--without-mingle")
        return replace(command, env={**self.env, **self.aws})

    def beat(self) -> Command:
        """The scheduler."""
        return self._celery("beat", "beat", "-s", str(self.var / "beat-schedule"), "--pidfile=")

    def manage(self, name: str, *arguments: str) -> Command:
        """One of Django's commands; its log is named after it."""
        return self._python(name, "manage", name, *arguments)

    def _celery(self, name: str, *arguments: str) -> Command:
        return self._python(name, "celery", "-A", "timcombo_console", *arguments, "-l", "INFO")

    def _python(self, name: str, *argv: str) -> Command:
        return Command(name, (sys.executable, "-m", *argv), CHECKOUT, self.env)


def cloud(edge_port: int) -> Command:
    """The emulated cloud, with sample visitors: it prints one JSON line with its addresses when it is ready."""
    argv = ["devcloud", "--estate", str(ESTATE), "--host", HOST, "--port", "0", "--control-port", "0"]
    argv += ["--without", MADE_BY_APPLY, "--edge-port", str(edge_port), "--traffic"]
    return Command("cloud", (sys.executable, "-m", *argv), CHECKOUT)
