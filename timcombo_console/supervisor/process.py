"""Starting and ending one process so that it never outlives the one that started it."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from timcombo_console.supervisor.home import RunAs

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessEndedError(Exception):
    """A process ended, or did not answer in time; the text holds the end of its log."""


@dataclass(frozen=True)
class Command:
    """What to start, as whom, where; `stop` is the signal that asks it to end."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    run_as: RunAs | None = None
    stop: signal.Signals = signal.SIGTERM


def as_account(run_as: RunAs | None) -> dict[str, Any]:
    """The arguments by which `subprocess` starts a process as `run_as`."""
    return {"user": run_as.uid, "group": run_as.gid, "extra_groups": []} if run_as else {}


def spawn(command: Command, output: IO[bytes], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it is asked to stop when the calling thread dies."""
    parent = os.getpid()

    def die_with_parent() -> None:
        # After the change of user, which clears it.
        _libc.prctl(PR_SET_PDEATHSIG, int(command.stop), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={**os.environ, **command.env},
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
        **as_account(command.run_as),
    )


class Process:
    """One running command and its log file."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._log_begins = 0
        self._buried = False

    @property
    def pid(self) -> int:
        """The process id; raises ProcessEndedError when it was never started."""
        if self._child is None:
            raise ProcessEndedError(f"{self.command.name} is not running.")
        return self._child.pid

    def start(self) -> None:
        """Start the command, its output going to the end of the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_begins = output.tell()
            self._child = spawn(self.command, output)
        self._buried = False

    def alive(self) -> bool:
        """Whether the process runs (a stopped, SIGSTOPped one does)."""
        return self._child is not None and self._child.poll() is None

    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._child.poll() if self._child else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; one that has ended is left in peace."""
        if self.alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL the process and everything in its group, and wait for it. A second time does nothing."""
        if self._child is None or self._buried:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        # From now on the number of the group may be another's.
        self._buried = True

    def stop(self, seconds: float = 5) -> None:
        """Ask it to end; kill what is left of its group after `seconds`."""
        self.send(self.command.stop)
        wait_until(lambda: not self.alive(), seconds)
        self.kill()

    def wait_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` is true; raises ProcessEndedError when the process dies first or `seconds` pass."""
        wait_until(lambda: ready() or not self.alive(), seconds)
        if not self.alive():
            raise ProcessEndedError(self.obituary())
        if not ready():
            raise ProcessEndedError(f"{self.command.name} is not ready after {seconds:.0f} s. {self.tail()}")

    def output(self) -> str:
        """What it wrote since it was last started."""
        with self.log.open("rb") as file:
            file.seek(self._log_begins)
            return file.read().decode(errors="replace")

    def obituary(self) -> str:
        """How it ended, and for other ends than a signal the last lines of its log."""
        status = self.exit_status() or 0
        if status < 0:
            return f"{self.command.name} was killed by {signal.Signals(-status).name}."
        return f"{self.command.name} ended with status {status}. {self.tail()}"

    def tail(self, count: int = 20) -> str:
        """The end of its output, indented."""
        lines = self.output().splitlines()[-count:] if self.log.exists() else []
        return f"The end of {self.log}:\n" + "\n".join(f"    {line}" for line in lines)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition` until it holds or `seconds` have passed; answers whether it held."""
    end = time.monotonic() + seconds
    pause = 0.005
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


def rotate(log: Path, kept: int = 3) -> None:
    """Give the log of an earlier start the name `.1`, that one `.2`, and so on; the oldest is removed."""
    for number in range(kept - 1, -1, -1):
        older = log.with_name(f"{log.name}.{number}") if number else log
        if older.exists():
            older.rename(log.with_name(f"{log.name}.{number + 1}"))
