"""A copy of the checkout in which `./console up` really runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.databases import CHECKOUT
from timcombo_console.supervisor.home import home_of
from timcombo_console.supervisor.process import wait_until

SECONDS = 180
"""How long a start may take on a busy machine."""


class ConsoleRun:
    """One checkout and its `up`. The environment of packages is shared with the checkout under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.with_name("terminal.txt")
        self.process: subprocess.Popen[bytes] | None = None
        copy_checkout(folder)

    @property
    def facts(self) -> dict[str, Any]:
        """What `var/console.json` holds."""
        found: dict[str, Any] = json.loads((self.folder / "var" / "console.json").read_text())
        return found

    @property
    def terminal(self) -> str:
        """What the person saw."""
        return self.log.read_text()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def up(self, *arguments: str, **env: str) -> "ConsoleRun":
        """Start `./console up` on any free ports, and wait until the demo is ready."""
        return self.answering(*arguments, **env).until(lambda: self.facts["estate"] == "ready")

    def answering(self, *arguments: str, **env: str) -> "ConsoleRun":
        """Start it, and wait until it wrote `var/console.json`; the demo's resources are still being made."""
        written = self.folder / "var" / "console.json"
        written.unlink(missing_ok=True)
        return self.begin("--edge-port", "0", *arguments, **env).until(written.exists)

    def begin(self, *arguments: str, **env: str) -> "ConsoleRun":
        """Start `./console up` on any free port."""
        with self.log.open("wb") as terminal:
            self.process = subprocess.Popen(
                ["./console", "up", "--port", "0", *arguments],
                cwd=self.folder,
                env=environment(**env),
                stdout=terminal,
                stderr=subprocess.STDOUT,
            )
        return self

    def until(self, look: Callable[[], bool]) -> "ConsoleRun":
        """Wait until it is so, as long as it runs."""
        assert wait_until(lambda: look() or self.ended(), SECONDS), self.terminal
        assert not self.ended(), self.terminal
        return self

    def refused(self, *arguments: str, **env: str) -> str:
        """What `./console up` says when it does not start, on any free port unless one is named."""
        done = subprocess.run(
            ["./console", "up", "--port", "0", *arguments],
            cwd=self.folder,
            env=environment(**env),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        try:
            with urllib.request.urlopen(f"{self.facts['url']}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def children(self) -> dict[int, str]:
        """The supervisor's children and their command lines, without one that ends while they are read."""
        commands = {pid: command_of(pid) for pid in children_of(self.pid)}
        return {pid: command for pid, command in commands.items() if command is not None}

    def family(self) -> list[int]:
        """The supervisor and all that descend from it."""
        return [self.pid, *descendants(self.pid)]

    def kill(self) -> None:
        """As a crash would."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; answers its exit status."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(30)

    def remove(self) -> None:
        """End it and remove its servers' home."""
        if not self.ended():
            self.stop()
        shutil.rmtree(home_of(self.folder).folder, ignore_errors=True)


def copy_checkout(folder: Path) -> None:
    """Copy what git knows or would add, and link the installed packages of npm."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")


def environment(**changes: str) -> dict[str, str]:
    """A newcomer's environment: nothing of this test session's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CONSOLE_", "AWS_", "DJANGO_"))
    }
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        kept.pop(name, None)
    return {**kept, "CONSOLE_VENV": sys.prefix, **changes}


def children_of(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def command_of(pid: int) -> str | None:
    """The command line, None when the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return None


def descendants(pid: int) -> list[int]:
    return [found for child in children_of(pid) for found in (child, *descendants(child))]


def exists(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
