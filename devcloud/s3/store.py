"""Buckets and object versions in memory."""

import hashlib
import secrets
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from time import gmtime, strftime

NULL_VERSION = "null"


@dataclass(frozen=True)
class Version:
    """One version of an object, or a delete marker. `headers` are the system-defined ones that S3 gives back."""

    key: str
    version_id: str
    modified: float
    body: bytes = b""
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    deleted: bool = False

    @property
    def size(self) -> int:
        return len(self.body)

    @property
    def quoted_etag(self) -> str:
        return f'"{self.etag}"'

    @property
    def http_date(self) -> str:
        return formatdate(self.modified, usegmt=True)

    @property
    def iso_date(self) -> str:
        return strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(self.modified))


@dataclass
class Bucket:
    """One bucket. `documents` holds its sub-resources as XML by name, `versioning` is '', Enabled or Suspended.

    `versioned_from` is since when that is known everywhere. `copied` tells by version how its copying into another bucket went, as AWS words it.
    """

    name: str
    account: str
    region: str
    created: float
    versioning: str = ""
    policy: str | None = None
    documents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    uploads: dict[str, "Upload"] = field(default_factory=dict)
    copied: dict[str, str] = field(default_factory=dict)
    versioned_from: float = 0.0
    _versions: dict[str, list[Version]] = field(default_factory=dict)
    _keys: list[str] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"

    def current(self, key: str) -> Version | None:
        """The version that a plain GET sees; None when there is none or it is a delete marker."""
        version = self.newest(key)
        return None if version is None or version.deleted else version

    def newest(self, key: str) -> Version | None:
        versions = self._versions.get(key)
        return versions[-1] if versions else None

    def version(self, key: str, version_id: str) -> Version | None:
        found = (each for each in self._versions.get(key, ()) if each.version_id == version_id)
        return next(found, None)

    def add(self, version: Version) -> None:
        """Make the version the newest one. Without versioning it replaces the `null` version."""
        versions = self._versions.get(version.key)
        if versions is None:
            insort(self._keys, version.key)
            self._versions[version.key] = [version]
            return
        if version.version_id == NULL_VERSION:
            versions[:] = [each for each in versions if each.version_id != NULL_VERSION]
        versions.append(version)

    def new_version_id(self) -> str:
        return secrets.token_urlsafe(24) if self.versioning == "Enabled" else NULL_VERSION

    def remove(self, key: str, version_id: str) -> Version | None:
        """Remove one version for good; returns it, or None when it was not there."""
        gone = self.version(key, version_id)
        if gone is None:
            return None
        rest = [each for each in self._versions[key] if each is not gone]
        if rest:
            self._versions[key] = rest
        else:
            del self._versions[key]
            del self._keys[bisect_left(self._keys, key)]
        return gone

    def keys_from(self, start: str) -> Iterator[str]:
        """Keys in UTF-8 order, beginning with the first that is not before `start`."""
        position = bisect_left(self._keys, start)
        while position < len(self._keys):
            yield self._keys[position]
            position += 1

    def versions_of(self, key: str) -> list[Version]:
        """All versions of a key, newest first."""
        return self._versions[key][::-1]

    @property
    def stored(self) -> tuple[int, int]:
        """How many versions it holds, delete markers too, and their bytes."""
        sizes = [version.size for versions in self._versions.values() for version in versions]
        return len(sizes), sum(sizes)

    @property
    def empty(self) -> bool:
        return not self._versions


@dataclass
class Upload:
    """A multipart upload in progress. Parts by number: ETag and bytes."""

    key: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
