"""What an artifact holds, file by file: all that plans, deployments and rollbacks need to know about it."""

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from struct import unpack_from
from typing import Any, Literal, NamedTuple, Self, overload

from deployments.canonical import canonical_json
from deployments.naming import FOREVER, content_type, extension, is_hashed

Kind = Literal["app", "static"]

INDEX = "index.html"
CONFIG = "config.json"
VERSION = 2
SHA256_BYTES, MD5_BYTES = 32, 16

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


def describe(
    path: str, *, size: int, sha256: str, md5: str, kind: Kind, role: Role | None = None
) -> FileEntry:
    """The entry of a file with these bytes in an artifact of this kind; its name gives the role where none is given."""
    role = role or role_of(path)
    return FileEntry(path, size, sha256, md5, content_type(path), cache_control_of(path, role, kind), role)


class Headers(NamedTuple):
    """What a file is served with besides its bytes."""

    content_type: str
    cache_control: str


class Columns(NamedTuple):
    """The files of a manifest in the order of their paths, a sequence per field; digests as bytes."""

    paths: Sequence[str]
    sizes: Sequence[int]
    sha256: Sequence[bytes]
    md5: Sequence[bytes]
    headers: Sequence[Headers]
    roles: Sequence[Role]

    @classmethod
    def of(cls, files: Sequence[FileEntry]) -> Self:
        """Raises ValueError when a digest is not hexadecimal."""
        return cls(
            [f.path for f in files],
            [f.size for f in files],
            [bytes.fromhex(f.sha256) for f in files],
            [bytes.fromhex(f.md5) for f in files],
            [Headers(f.content_type, f.cache_control) for f in files],
            [f.role for f in files],
        )

    def entry(self, place: int) -> FileEntry:
        """The file at this place."""
        return FileEntry(
            self.paths[place],
            self.sizes[place],
            self.sha256[place].hex(),
            self.md5[place].hex(),
            *self.headers[place],
            self.roles[place],
        )

    def spliced(self, start: int, end: int, other: "Columns") -> "Columns":
        """With `other` in the place of the files from `start` up to `end`."""
        return Columns._make([*a[:start], *b, *a[end:]] for a, b in zip(self, other, strict=True))


class Files(Sequence[FileEntry]):
    """Some files of a manifest, by their places in its columns; an entry is made when it is asked for."""

    def __init__(self, columns: Columns, places: Sequence[int]) -> None:
        self.columns, self.places = columns, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> FileEntry: ...
    @overload
    def __getitem__(self, index: slice) -> "Files": ...
    def __getitem__(self, index: int | slice) -> "FileEntry | Files":
        chosen = self.places[index]
        return self.columns.entry(chosen) if isinstance(chosen, int) else Files(self.columns, chosen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def paths(self) -> list[str]:
        return [self.columns.paths[place] for place in self.places]

    @property
    def sizes(self) -> list[int]:
        return [self.columns.sizes[place] for place in self.places]

    @property
    def size(self) -> int:
        """Bytes of all of them together."""
        return sum(self.sizes)

    def with_role(self, *roles: Role) -> "Files":
        return Files(self.columns, [place for place in self.places if self.columns.roles[place] in roles])


@dataclass(frozen=True)
class Manifest:
    """The files of an artifact, sorted by path.

    They are held by columns, because a plan compares tens of thousands of them and shows a few; `files` makes all
    entries when it is first asked for. `references` names, per entry point, the scripts and styles of the artifact
    that it loads (for a static site: of `index.html` only). `placeholder_config` says that a `config.json` in the
    zip was left out, because the environment's own is written at deploy time.
    """

    columns: Columns
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
        ordered = sorted(files)
        for one, other in pairwise(ordered):
            if one.path == other.path:
                raise ValueError(f"The manifest names {one.path} twice; a path has one file.")
        return cls(Columns.of(ordered), placeholder_config, dict(references or {}))

    @cached_property
    def files(self) -> tuple[FileEntry, ...]:
        return tuple(map(self.columns.entry, range(len(self))))

    @cached_property
    def by_path(self) -> Mapping[str, FileEntry]:
        return {file.path: file for file in self.files}

    @cached_property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(self.columns.sizes)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it as `to_bytes` writes it, before compression; equal manifests have equal digests."""
        return _digest(*self._written())

    def __len__(self) -> int:
        return len(self.columns.paths)

    def with_role(self, *roles: Role) -> tuple[FileEntry, ...]:
        return tuple(self.columns.entry(n) for n, role in enumerate(self.columns.roles) if role in roles)

    def with_file(self, file: FileEntry) -> Self:
        """The same manifest with this file added, or put in the place of the one with its path."""
        paths = self.columns.paths
        start, end = bisect_left(paths, file.path), bisect_right(paths, file.path)
        return replace(self, columns=self.columns.spliced(start, end, Columns.of([file])))

    def to_bytes(self) -> bytes:
        """Compressed canonical JSON, by columns, then as they are the SHA-256 and then the MD5 of each file.

        So 20,000 files are read in milliseconds: digests cannot be compressed, and are not worth parsing.
        """
        text, digests = self._written()
        return zlib.compress(text, 1) + digests

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """The manifest that `to_bytes` wrote; raises ValueError when the bytes are not one."""
        unpack = zlib.decompressobj()
        try:
            text = unpack.decompress(body)
            stored = json.loads(text)
            if stored["version"] != VERSION:
                raise ValueError(f"version {stored['version']} is not {VERSION}")
            manifest = cls(
                _columns(stored, unpack.unused_data),
                stored["placeholder_config"],
                {page: tuple(paths) for page, paths in stored["references"].items()},
            )
        except (zlib.error, ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"The stored manifest cannot be read ({error}); register the release again."
            ) from error
        manifest.__dict__["digest"] = _digest(text, unpack.unused_data)
        return manifest

    def _written(self) -> tuple[bytes, bytes]:
        columns = self.columns
        each = list(zip(columns.headers, columns.roles, strict=True))
        kinds = sorted(set(each))
        place = {kind: position for position, kind in enumerate(kinds)}
        text = canonical_json(
            {
                "version": VERSION,
                "paths": columns.paths,
                "sizes": columns.sizes,
                "kinds": [(*headers, role) for headers, role in kinds],
                "kind": [place[kind] for kind in each],
                "placeholder_config": self.placeholder_config,
                "references": self.references,
            }
        )
        return text, b"".join([*columns.sha256, *columns.md5])


def _digest(text: bytes, digests: bytes) -> str:
    whole = sha256(text)
    whole.update(digests)
    return whole.hexdigest()


def _columns(stored: dict[str, Any], digests: bytes) -> Columns:
    paths, sizes, chosen = stored["paths"], stored["sizes"], stored["kind"]
    count = len(paths)
    if not count == len(sizes) == len(chosen) or len(digests) != count * (SHA256_BYTES + MD5_BYTES):
        raise ValueError("its columns differ in length")
    headers = [Headers(content_type, cache_control) for content_type, cache_control, _ in stored["kinds"]]
    roles = [Role(role) for _, _, role in stored["kinds"]]
    return Columns(
        paths,
        sizes,
        list(unpack_from(f"{SHA256_BYTES}s" * count, digests)),
        list(unpack_from(f"{MD5_BYTES}s" * count, digests, count * SHA256_BYTES)),
        [headers[kind] for kind in chosen],
        [roles[kind] for kind in chosen],
    )
