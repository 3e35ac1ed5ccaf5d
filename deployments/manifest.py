"""What an artifact holds, file by file: all that plans, deployments and rollbacks need to know about it."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Self

from deployments.canonical import canonical_json
from deployments.naming import FOREVER, content_type, extension, is_hashed

Kind = Literal["app", "static"]

INDEX = "index.html"
CONFIG = "config.json"
VERSION = 1

_STATIC_PAGE = "public,max-age=300,s-maxage=86400"
_HOUR = "public,max-age=3600"
_NO_CACHE = "no-cache"
# Lists of other files that change with every build under the same name.
_LISTS = {"asset-manifest.json", "manifest.json"}
_SERVICE_WORKERS = {
    "sw",
    "service-worker",
    "serviceworker",
    "ngsw-worker",
    "safety-worker",
    "worker-basic.min",
}


class Role(StrEnum):
    """What a file is for, which decides when it is written and how long it may be cached."""

    HASHED = "hashed asset"
    PLAIN = "plain asset"
    CONFIG = "config"
    ENTRY_POINT = "entry point"
    SERVICE_WORKER = "service worker"


class FileEntry(NamedTuple):
    """One file: path without a leading slash, size in bytes, digests in hexadecimal, headers to serve it with."""

    path: str
    size: int
    sha256: str
    md5: str
    content_type: str
    cache_control: str
    role: Role


def role_of(path: str) -> Role:
    """The role that the path's name gives it."""
    if path == CONFIG:
        return Role.CONFIG
    if extension(path) in {"html", "htm"}:
        return Role.ENTRY_POINT
    if is_hashed(path):
        return Role.HASHED
    return Role.SERVICE_WORKER if _is_service_worker(path) else Role.PLAIN


def _is_service_worker(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    if name == "ngsw.json":
        return True
    stem, _, ending = name.rpartition(".")
    return ending in {"js", "mjs"} and (stem in _SERVICE_WORKERS or stem.endswith(("-sw", ".sw")))


def cache_control_of(path: str, role: Role, kind: Kind) -> str:
    """The Cache-Control to store with the object.

    AWS: CloudFront's default TTL applies only when the origin sends none, so every object gets one.
    """
    if role is Role.HASHED:
        return FOREVER
    if role is Role.ENTRY_POINT:
        return _STATIC_PAGE if kind == "static" else _NO_CACHE
    if role is Role.PLAIN and not _is_list(path):
        return _HOUR
    return _NO_CACHE


def _is_list(path: str) -> bool:
    return path.rpartition("/")[2] in _LISTS or extension(path) == "webmanifest"


def describe(path: str, *, size: int, sha256: str, md5: str, kind: Kind) -> FileEntry:
    """The entry of a file with these bytes in an artifact of this kind."""
    role = role_of(path)
    return FileEntry(path, size, sha256, md5, content_type(path), cache_control_of(path, role, kind), role)


@dataclass(frozen=True)
class Manifest:
    """The files of an artifact, sorted by path.

    `references` names, per entry point, the scripts and styles of the artifact that it loads (for a static site:
    of `index.html` only). `placeholder_config` says that a `config.json` in the zip was left out, because the
    environment's own is written at deploy time.
    """

    files: tuple[FileEntry, ...]
    placeholder_config: bool = False
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        files: Iterable[FileEntry],
        *,
        placeholder_config: bool = False,
        references: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Self:
        """A manifest of the files in any order; raises ValueError when a path comes twice."""
        ordered = tuple(sorted(files))
        for one, other in pairwise(ordered):
            if one.path == other.path:
                raise ValueError(f"The manifest names {one.path} twice; a path has one file.")
        return cls(ordered, placeholder_config, dict(references or {}))

    @cached_property
    def by_path(self) -> Mapping[str, FileEntry]:
        return {file.path: file for file in self.files}

    @cached_property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of all of it; equal manifests have equal digests."""
        return sha256(self._canonical()).hexdigest()

    def __len__(self) -> int:
        return len(self.files)

    def with_role(self, *roles: Role) -> tuple[FileEntry, ...]:
        return tuple(file for file in self.files if file.role in roles)

    def with_file(self, file: FileEntry) -> Self:
        """The same manifest with this file added, or put in the place of the one with its path."""
        return replace(self, files=tuple(sorted([*(f for f in self.files if f.path != file.path), file])))

    def to_bytes(self) -> bytes:
        """Compressed canonical JSON, by columns, so that 20,000 files are read in milliseconds."""
        return zlib.compress(self._canonical(), 1)

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """The manifest that `to_bytes` wrote; raises ValueError when the bytes are not one."""
        try:
            canonical = zlib.decompress(body)
            columns = json.loads(canonical)
            if columns["version"] != VERSION:
                raise ValueError(f"version {columns['version']} is not {VERSION}")
            manifest = cls(
                tuple(map(FileEntry._make, _rows(columns))),
                columns["placeholder_config"],
                {page: tuple(paths) for page, paths in columns["references"].items()},
            )
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"The stored manifest cannot be read ({error}); register the release again."
            ) from error
        manifest.__dict__["digest"] = sha256(canonical).hexdigest()
        return manifest

    def _canonical(self) -> bytes:
        headers = sorted({(f.content_type, f.cache_control, f.role.value) for f in self.files})
        place = {header: position for position, header in enumerate(headers)}
        return canonical_json(
            {
                "version": VERSION,
                "paths": [f.path for f in self.files],
                "sizes": [f.size for f in self.files],
                "sha256": [f.sha256 for f in self.files],
                "md5": [f.md5 for f in self.files],
                "headers": headers,
                "header": [place[f.content_type, f.cache_control, f.role.value] for f in self.files],
                "placeholder_config": self.placeholder_config,
                "references": self.references,
            }
        )


def _rows(columns: dict[str, list[Any]]) -> Iterable[tuple[object, ...]]:
    headers = [(kind, cache, Role(role)) for kind, cache, role in columns["headers"]]
    chosen = columns["header"]
    return zip(
        columns["paths"],
        columns["sizes"],
        columns["sha256"],
        columns["md5"],
        [headers[position][0] for position in chosen],
        [headers[position][1] for position in chosen],
        [headers[position][2] for position in chosen],
        strict=True,
    )
