"""Which objects a deployment writes, in which order, and which old ones may be deleted; pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from deployments.manifest import CONFIG, INDEX, FileEntry, Manifest, Role

# Entry points name assets, so assets come first; a browser that installs a service worker stores the
# index.html of that moment, so service workers come last.
ORDER = (Role.HASHED, Role.PLAIN, Role.CONFIG, Role.ENTRY_POINT, Role.SERVICE_WORKER)

KEPT_FOR = timedelta(days=14)
MOST_PRUNED = 0.3


class Phase(NamedTuple):
    """Files that may be written at the same time."""

    role: Role
    files: tuple[FileEntry, ...]


def upload_order(manifest: Manifest) -> tuple[Phase, ...]:
    """The files in the order in which they must be written, empty phases included.

    `index.html` is the last of its phase's files, after the pages that it may lead to.
    """
    phases = {role: list[FileEntry]() for role in ORDER}
    for file in manifest.files:
        phases[file.role].append(file)
    phases[Role.ENTRY_POINT].sort(key=lambda file: file.path == INDEX)
    return tuple(Phase(role, tuple(files)) for role, files in phases.items())


class Recorded(NamedTuple):
    """What we last wrote to a key: the ETag that the write answered, and what it wrote."""

    etag: str
    sha256: str
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class Decision:
    """`copy` must be written; `replaced` are those of them whose key holds something else now."""

    copy: tuple[FileEntry, ...]
    replaced: tuple[FileEntry, ...]
    unchanged: int


def needed(
    files: Iterable[FileEntry], listed: Mapping[str, str], recorded: Mapping[str, Recorded]
) -> Decision:
    """Decide by one listing (key to ETag) and our records which files must be written.

    An object is equal when its ETag is the one we recorded with this content and these headers. Anything else is
    written again, never trusted by size or time. Both maps are by the file's path.
    """
    copy, replaced, unchanged = [], [], 0
    for file in files:
        etag, ours = listed.get(file.path), recorded.get(file.path)
        if etag is not None and ours == (etag, file.sha256, file.content_type, file.cache_control):
            unchanged += 1
            continue
        copy.append(file)
        if etag is not None:
            replaced.append(file)
    return Decision(tuple(copy), tuple(replaced), unchanged)


@dataclass(frozen=True)
class Pruning:
    """Keys that may be deleted, in order; `stopped` says why none may be although some are due."""

    keys: tuple[str, ...]
    stopped: str | None = None


def prunable(
    listed: Collection[str],
    unreferenced_since: Mapping[str, datetime],
    kept: Iterable[Manifest],
    now: datetime,
    *,
    in_bucket: int | None = None,
) -> Pruning:
    """Decide which keys of a bucket are due to go.

    `unreferenced_since` holds only keys that our manifests wrote, with the time since when no release that is live
    here names them. `kept` are the manifests of the last five distinct releases that were live here, and of the
    running, the active and the last good one. `in_bucket` is how many objects there are, ours or not. `config.json` and `index.html` are never due.
    """
    named = {CONFIG, INDEX}.union(*(manifest.by_path for manifest in kept))
    due = tuple(
        sorted(
            key
            for key in listed
            if key not in named and (since := unreferenced_since.get(key)) and now - since >= KEPT_FOR
        )
    )
    objects = len(listed) if in_bucket is None else in_bucket
    if len(due) > MOST_PRUNED * objects:
        return Pruning((), _too_many(len(due), objects))
    return Pruning(due)


def _too_many(due: int, listed: int) -> str:
    return (
        f"{due} of {listed} objects are due to be deleted, more than {MOST_PRUNED:.0%} of the bucket. "
        "Nothing was deleted; look at what ran here, and delete by hand if that is right."
    )
