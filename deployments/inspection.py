"""From an uploaded archive to its manifest, or to every reason why it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from pathlib import Path

from deployments.archive import LIMITS, Archive, BadArchive, Entry, Limits, open_archive
from deployments.entrypoints import (
    LARGEST_PAGE,
    Read,
    check_entry_points,
    conflicts,
    page_references,
    vites_references,
)
from deployments.manifest import CONFIG, FileEntry, Kind, Manifest, Role, describe
from deployments.naming import extension, hashed_beside


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
    hashed = _hashed_by_bundler(archive) if wanted.kind == "app" else frozenset()
    files = [_described(archive, entry, wanted.kind, entry.path in hashed) for entry in kept]
    return Manifest.of(files, placeholder_config=len(kept) < len(archive.entries))


def _hashed_by_bundler(archive: Archive) -> frozenset[str]:
    """Scripts and styles whose hash looks like a word: beside others like it, and loaded by a tag that Vite wrote."""
    unsure = hashed_beside([entry.path for entry in archive.entries])
    if not unsure:
        return unsure
    pages = [e for e in archive.entries if extension(e.path) == "html" and e.size <= LARGEST_PAGE]
    found = (vites_references(b"".join(archive.read(page)), page.path) for page in pages)
    return unsure & {reference.path for references in found for reference in references}


def _described(archive: Archive, entry: Entry, kind: Kind, hashed: bool) -> FileEntry:
    sha, md = sha256(), md5(usedforsecurity=False)
    for chunk in archive.read(entry):
        sha.update(chunk)
        md.update(chunk)
    role = Role.HASHED if hashed else None
    digests = {"sha256": sha.hexdigest(), "md5": md.hexdigest()}
    return describe(entry.path, size=entry.size, kind=kind, role=role, **digests)


def _reader(archive: Archive) -> Read:
    entries = {entry.path: entry for entry in archive.entries}
    return lambda file: b"".join(archive.read(entries[file.path]))
