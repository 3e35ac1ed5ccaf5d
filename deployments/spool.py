"""Where an uploaded zip waits until its ingest Run has read it: a folder that web and workers share."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from deployments.archive import LIMITS
from users.refusals import TooLarge


@dataclass(frozen=True)
class Spooled:
    """A zip in the spool: its file name there, the sha256 of its bytes in hexadecimal, its size in bytes."""

    name: str
    sha256: str
    size: int


def path_of(name: str) -> Path:
    return Path(settings.CONSOLE_SPOOL) / name


def store(chunks: Iterable[bytes]) -> Spooled:
    """Write an upload to the spool as it streams in. Raises TooLarge, and leaves nothing, past the packed limit."""
    name = f"{uuid4().hex}.zip"
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _write(path, name, chunks)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def arriving(name: str) -> Iterator[Path]:
    """A place beside `name` for one writer alone. What is not moved away from it in the block is gone after it."""
    path = path_of(f"{name}.{uuid4().hex}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, name: str, chunks: Iterable[bytes]) -> Spooled:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LIMITS.packed:
                raise TooLarge(
                    f"The upload is larger than {LIMITS.packed // 1_000_000} MB. "
                    "Leave source maps and media out of it, or serve large media from a bucket of their own."
                )
            digest.update(chunk)
            file.write(chunk)
    return Spooled(name, digest.hexdigest(), size)


def discard(name: str) -> None:
    """Remove a zip from the spool; one that is already gone is fine."""
    if name:
        path_of(name).unlink(missing_ok=True)
