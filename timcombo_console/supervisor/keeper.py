"""Keeps the children alive while the supervisor waits, and ends them in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from timcombo_console.supervisor import guardian
from timcombo_console.supervisor.process import Command, Process, ProcessEndedError, wait_until

SETTLED = 5.0
"""A child that lived this many seconds is started again at once; one that did not waits longer each time."""
LONGEST_PAUSE = 10.0
TICK = 0.05


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


class CloudLost(Exception):
    """The emulated cloud died, and its state with it: the demo must begin again."""


@dataclass
class Child:
    """A process that is kept alive, or whose death is the end of the demo."""

    process: Process
    irreplaceable: bool = False
    started_at: float = 0.0
    failures: int = 0
    due: float = 0.0

    @property
    def name(self) -> str:
        return self.process.command.name


class Keeper:
    """The supervisor's children, in the order they were started; `deaths` counts those that ended by themselves."""

    def __init__(self, logs: Path, lock: int, say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self._logs = logs
        self._lock = lock
        self._say = say
        self.deaths = 0
        self._asked = 0
        self._guardian = self._start_guardian()
        # Explicitly: a shell's background job inherits an ignored SIGINT.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored: somebody used nohup
            signal.signal(signal.SIGHUP, self._on_signal)

    def start(self, command: Command, irreplaceable: bool = False) -> Process:
        """Start a child and keep it from now on."""
        child = Child(Process(command, self._logs / f"{command.name}.log"), irreplaceable)
        self.children.append(child)
        self._start(child)
        return child.process

    def run(self, command: Command, seconds: float) -> None:
        """Run `command` to its end; raises ProcessEndedError with the end of its log when it fails or takes too long."""
        process = Process(command, self._logs / f"{command.name}.log")
        process.start()
        self._tell_guardian("+", process.pid)
        try:
            self.wait(lambda: not process.alive(), seconds)
        finally:
            process.kill()
            self._tell_guardian("-", process.pid)
        if process.exit_status() != 0:
            raise ProcessEndedError(process.obituary())

    def ready(self, process: Process, check: Callable[[], bool], seconds: float) -> None:
        """Return when `check()` holds; raises ProcessEndedError with the end of the log when it does not in time."""
        if not self.wait(check, seconds):
            raise ProcessEndedError(
                f"{process.command.name} is not ready after {seconds:.0f} s. {process.tail()}"
            )

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Keep the children while waiting for `condition`; answers whether it held in time.

        Raises Stopped when a signal asked for the end, CloudLost when an irreplaceable child died.
        """
        end = time.monotonic() + seconds
        while not condition():
            if self._asked:
                raise Stopped
            self._keep()
            if time.monotonic() > end:
                return False
            time.sleep(TICK)
        return True

    def stop(self, names: list[str], seconds: float = 2) -> None:
        """Ask the children `names` to end, all at once, and kill what is left after `seconds`; a signal shortens it."""
        chosen = [child for child in self.children if child.name in names]
        self.children = [child for child in self.children if child not in chosen]
        for child in chosen:
            child.process.send(child.process.command.stop)
        asked = self._asked
        wait_until(lambda: self._asked > asked or not any(child.process.alive() for child in chosen), seconds)
        for child in chosen:
            self._bury(child)

    def end(self) -> None:
        """Let the guardian go, when all children have ended."""
        self._release_guardian()
        self._guardian.wait()

    def _keep(self) -> None:
        now = time.monotonic()
        if self._guardian.poll() is not None:
            self._release_guardian()
            self._guardian = self._start_guardian()
        for child in self.children:
            if child.process.alive():
                continue
            if child.irreplaceable:
                self._bury(child)
                raise CloudLost(child.process.obituary())
            if not child.due:
                self._mourn(child, now)
            elif now >= child.due:
                self._start(child)

    def _mourn(self, child: Child, now: float) -> None:
        self._bury(child)
        self.deaths += 1
        child.failures = 0 if now - child.started_at > SETTLED else child.failures + 1
        pause = min(0.5 * 2**child.failures, LONGEST_PAUSE) if child.failures else 0.0
        child.due = now + pause
        when = f"in {pause:.0f} s" if pause else "now"
        self._say(f"{child.process.obituary()}\n  It is started again {when}.")

    def _start(self, child: Child) -> None:
        child.process.start()
        child.started_at = time.monotonic()
        child.due = 0.0
        self._tell_guardian("+", child.process.pid)

    def _bury(self, child: Child) -> None:
        child.process.kill()
        self._tell_guardian("-", child.process.pid)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _start_guardian(self) -> subprocess.Popen[bytes]:
        # It holds the lock too, so that the next `up` waits until everything is gone.
        argv = [sys.executable, "-I", "-S", str(guardian.__file__)]
        started = subprocess.Popen(
            argv, stdin=subprocess.PIPE, start_new_session=True, pass_fds=[self._lock], cwd="/"
        )
        self._guardian = started
        for child in self.children:
            if child.process.alive():
                self._tell_guardian("+", child.process.pid)
        return started

    def _release_guardian(self) -> None:
        if self._guardian.stdin:
            self._guardian.stdin.close()

    def _tell_guardian(self, sign: str, group: int) -> None:
        stdin = self._guardian.stdin
        try:
            os.write(stdin.fileno(), f"{sign}{group}\n".encode()) if stdin else None
        except BrokenPipeError:
            return  # It was killed: the next tick starts another, and tells it everything.
