"""From an uploaded archive to its manifest, or to every reason why it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from pathlib import Path

from deployments.archive import LIMITS, Archive, BadArchive, Entry, Limits, open_archive
from deployments.entrypoints import Read, check_entry_points, conflicts, page_references
from deployments.manifest import CONFIG, FileEntry, Kind, Manifest, describe


@dataclass(frozen=True)
class Wanted:
    """What an archive is checked for: `one_for_all` when its target is `any`, `retained` the sha256 of each
    hashed path of the product's retained releases, `key_prefix` where its files will lie in the archive bucket."""

    kind: Kind
    one_for_all: bool
    key_prefix: str
    retained: Mapping[str, str]


def inspect(path: Path | str, wanted: Wanted, limits: Limits = LIMITS) -> Manifest:
    """The manifest of the archive at `path`; every byte of it was read and hashed.

    Raises BadArchive with all reasons that could be found together, and OSError when the file cannot be read.
    """
    with open_archive(path, limits, key_prefix=wanted.key_prefix) as archive:
        manifest = _manifest(archive, wanted)
        read = _reader(archive)
        reasons = [
            *check_entry_points(manifest, read, wanted.kind),
            *conflicts(manifest, wanted.retained),
        ]
        if reasons:
            raise BadArchive(reasons)
        return replace(manifest, references=page_references(manifest, read, wanted.kind))


def _manifest(archive: Archive, wanted: Wanted) -> Manifest:
    # A developers' placeholder; the environment's own is written at deploy time.
    left_out = {CONFIG} if wanted.one_for_all else set()
    kept = [entry for entry in archive.entries if entry.path not in left_out]
    files = [_described(archive, entry, wanted.kind) for entry in kept]
    return Manifest.of(files, placeholder_config=len(kept) < len(archive.entries))


def _described(archive: Archive, entry: Entry, kind: Kind) -> FileEntry:
    sha, md = sha256(), md5(usedforsecurity=False)
    for chunk in archive.read(entry):
        sha.update(chunk)
        md.update(chunk)
    return describe(entry.path, size=entry.size, sha256=sha.hexdigest(), md5=md.hexdigest(), kind=kind)


def _reader(archive: Archive) -> Read:
    entries = {entry.path: entry for entry in archive.entries}
    return lambda file: b"".join(archive.read(entries[file.path]))
