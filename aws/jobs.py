"""The three things that a transfer does to an object, as data: put it, copy it, delete it."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

NO_BODY = hash_of(b"").hexdigest()
SAFE = "/-_.~"
WHOLE = 64 * 1024
"""Bodies up to this size are sent in one piece, longer ones in pieces of it: memory is bounded by what is in
flight, whatever the sizes of the files."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a file: `length` bytes from `offset`. It is read only when it is sent."""

    path: Path
    offset: int
    length: int

    def __len__(self) -> int:
        return self.length

    def check(self) -> None:
        """Make sure that the file still has these bytes. Raises EOFError, or OSError when it is gone."""
        missing = self.offset + self.length - self.path.stat().st_size
        if missing > 0:
            raise EOFError(f"{self.path} is {missing} bytes shorter than when it was read first")

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in pieces of at most `WHOLE`."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for start in range(0, self.length, WHOLE):
                yield file.read(min(WHOLE, self.length - start))


Body = bytes | Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write `body` as one object. `sha256` is the body's, in hex; S3 refuses other bytes and keeps it."""

    bucket: str
    owner: str
    key: str
    body: Body
    content_type: str
    cache_control: str
    sha256: str
    if_match: str = ""
    if_none_match: str = ""
    before_lease_ends: bool = False

    method: ClassVar[str] = "PUT"
    operation: ClassVar[str] = "PutObject"

    @property
    def body_sha256(self) -> str:
        """What the signature holds the body to."""
        return self.sha256

    @property
    def once(self) -> bool:
        """Whether the object is written once and for all, so that an earlier try of ours may have done it."""
        return self.if_none_match == "*" and not self.before_lease_ends

    def headers(self) -> dict[str, str]:
        """The headers of the request besides the signature's."""
        return {
            "content-type": self.content_type,
            "cache-control": self.cache_control,
            "content-length": str(len(self.body)),
            "x-amz-checksum-sha256": in_base64(self.sha256),
            "x-amz-expected-bucket-owner": self.owner,
            **_conditions(self.if_match, self.if_none_match),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Copy an object inside S3; type and cache-control are set anew.

    The source must still have `source_etag`, or is pinned to its `source_version`. With `sha256` (hex) the copy must
    turn out to have it. AWS: a single copy takes objects of up to 5 GB.
    """

    source_bucket: str
    source_owner: str
    source_key: str
    source_etag: str
    source_version: str = ""
    bucket: str
    owner: str
    key: str
    content_type: str
    cache_control: str
    sha256: str = ""
    if_match: str = ""
    if_none_match: str = ""
    before_lease_ends: bool = False

    method: ClassVar[str] = "PUT"
    operation: ClassVar[str] = "CopyObject"
    body: ClassVar[bytes] = b""
    body_sha256: ClassVar[str] = NO_BODY
    once: ClassVar[bool] = False

    def headers(self) -> dict[str, str]:
        """The headers of the request besides the signature's.

        AWS: without the directive REPLACE a copy keeps the source's headers and ignores the given ones.
        """
        return {
            "content-type": self.content_type,
            "cache-control": self.cache_control,
            "x-amz-copy-source": self._source(),
            "x-amz-metadata-directive": "REPLACE",
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-expected-bucket-owner": self.owner,
            "x-amz-source-expected-bucket-owner": self.source_owner,
            **({"x-amz-copy-source-if-match": _quoted(self.source_etag)} if self.source_etag else {}),
            **_conditions(self.if_match, self.if_none_match),
        }

    def _source(self) -> str:
        source = quote(f"{self.source_bucket}/{self.source_key}", safe=SAFE)
        return f"{source}?versionId={quote(self.source_version)}" if self.source_version else source


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete an object, with `if_match` only as long as it is that one. An object that is gone already is fine."""

    bucket: str
    owner: str
    key: str
    if_match: str = ""
    before_lease_ends: bool = False

    method: ClassVar[str] = "DELETE"
    operation: ClassVar[str] = "DeleteObject"
    body: ClassVar[bytes] = b""
    body_sha256: ClassVar[str] = NO_BODY
    once: ClassVar[bool] = False

    def headers(self) -> dict[str, str]:
        """The headers of the request besides the signature's."""
        return {"x-amz-expected-bucket-owner": self.owner, **_conditions(self.if_match, "")}


Job = Put | Copy | Delete


@dataclass(frozen=True, slots=True)
class Written:
    """A job that S3 has carried out. `etag` is the object's, without quotes; empty after a delete.

    `version_id` is empty in a bucket that keeps no versions, `sha256` (hex) where S3 did not tell it.
    """

    job: Job
    etag: str
    request_id: str
    version_id: str = ""
    sha256: str = ""


def _quoted(etag: str) -> str:
    return etag if etag == "*" else f'"{etag}"'


def _conditions(if_match: str, if_none_match: str) -> Mapping[str, str]:
    wanted = {"if-match": if_match, "if-none-match": if_none_match}
    return {name: _quoted(etag) for name, etag in wanted.items() if etag}


def in_base64(sha256: str) -> str:
    """A hash in hex as S3's checksum headers want it."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def in_hex(checksum: str) -> str:
    """A SHA-256 in base64, as AWS tells it, in hex; empty stays empty."""
    return base64.b64decode(checksum).hex()
