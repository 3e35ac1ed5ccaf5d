"""Where the embedded servers keep their files, and as whom they run."""

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""A little under the 107 bytes that Linux accepts."""


class SetupError(Exception):
    """The machine lacks something; the text says what, where, and what to do."""


@dataclass(frozen=True)
class RunAs:
    """An unprivileged account: PostgreSQL refuses to run as root, so root's servers run as this one."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Home:
    """The private folder of one checkout's embedded servers; `run_as` is None when they run as ourselves."""

    folder: Path
    run_as: RunAs | None
    digest: str

    def private(self, name: str) -> Path:
        """The subfolder `name`, mode 0700, made when missing and owned by the account the servers run as."""
        folder = self.folder / name
        for each in [*reversed([p for p in folder.parents if p.is_relative_to(self.folder)]), folder]:
            if not each.exists():
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.give(each)
        return folder

    def give(self, path: Path) -> None:
        """Make the servers' account the owner of `path`."""
        if self.run_as:
            os.chown(path, self.run_as.uid, self.run_as.gid)

    def sockets(self, name: str) -> Path:
        """A private folder for the sockets of `name`, short enough for the kernel.

        Raises SetupError when somebody else owns the folder in the temporary directory.
        """
        folder = self.folder / name / "sockets"
        if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH and " " not in str(folder):
            return self.private(f"{name}/sockets")
        return _own_temporary(f"timcombo-{self.digest}-{hashlib.sha256(name.encode()).hexdigest()[:8]}")


def home_of(checkout: Path) -> Home:
    """The home of the servers of `checkout`: under its `var/`, or for root under /var/lib, which survives a restart."""
    digest = hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:12]
    if os.geteuid() != 0:
        return Home(checkout.resolve() / "var" / "servers", None, digest)
    nobody = pwd.getpwnam("nobody")
    home = Home(Path(f"/var/lib/timcombo-{digest}"), RunAs(nobody.pw_uid, nobody.pw_gid), digest)
    home.private("")
    return home


def _own_temporary(name: str) -> Path:
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise SetupError(
            f"{folder} belongs to somebody else. Remove it, or set TMPDIR to a folder of your own."
        )
    return folder


def copy_for(home: Home, source: Path, target: Path) -> None:
    """Copy the folder or file `source` once to `target`, owned by the servers' account."""
    if target.exists():
        return
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent)) / target.name
    if source.is_dir():
        shutil.copytree(source, partial, symlinks=True, ignore=shutil.ignore_patterns("include", "pginstall"))
    else:
        shutil.copy2(source, partial)
    for each in [partial.parent, partial, *partial.rglob("*")]:
        if home.run_as:
            os.chown(each, home.run_as.uid, home.run_as.gid, follow_symlinks=False)
    try:
        partial.rename(target)
    except OSError:
        if not target.exists():
            raise
    shutil.rmtree(partial.parent)
