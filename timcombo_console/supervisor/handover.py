"""The files by which other programs find this console: its lock, its environment, its demo's facts."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from timcombo_console.supervisor.home import SetupError


class Lock:
    """One `up` per checkout. The kernel gives it up when the supervisor and its guardian are gone."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "up.lock"
        self._file = self._path.open("a+")

    def take(self, seconds: float = 15) -> int:
        """The lock's file descriptor; raises SetupError naming the process that holds it.

        Waits while the remains of a killed one are being removed.
        """
        end = time.monotonic() + seconds
        while not self._try():
            holder = self._holder()
            if _alive(holder.get("pid")):
                where = f" at {holder['url']}" if holder.get("url") else ""
                raise SetupError(
                    f"The console of this checkout is already running{where} (process {holder['pid']}). "
                    f"Stop it with Ctrl-C in its terminal, or: kill {holder['pid']}"
                )
            if time.monotonic() > end:
                raise SetupError(
                    f"What an earlier ./console up left is still ending ({self._path}). Try again."
                )
            time.sleep(0.1)
        self.note(None)
        return self._file.fileno()

    def note(self, url: str | None) -> None:
        """Write down who holds the lock, and where it answers."""
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "url": url}))
        self._file.flush()

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text())
        except ValueError:  # between the truncation and the writing
            return {}
        return found if isinstance(found, dict) else {}


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` as JSON, mode 0600, so that a reader sees all of it or none."""
    partial = path.with_name(f".{path.name}.new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    partial.rename(path)


def secret_key(var: Path) -> str:
    """The key that signs sessions: kept in `var/secret_key`, made on first use."""
    path = var / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text()


def _alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
