"""S3 one call at a time: listings, looks at objects and buckets, downloads, write-once objects.

Every call names the account that the bucket must belong to; AWS answers 403 when it belongs to another.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from aws.access import Account
from aws.boto import request_id, translated
from aws.calls import Answer
from aws.errors import AccessDenied, AwsError, Subject, WrongBucketOwner
from aws.fanout import Transfer, TransferFailed
from aws.jobs import Put, Written

PIECE = 256 * 1024


class TooLarge(AwsError):
    """An object has more bytes than the caller takes."""

    advice = "Upload a smaller one."


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it. `etag` has no quotes; AWS: listings carry no checksum values."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Head:
    """What S3 knows about an object. `sha256` is in base64, as S3 gives it; empty when it keeps none.

    `version_id` is empty in a bucket that keeps no versions.
    """

    etag: str
    size: int
    content_type: str
    cache_control: str
    sha256: str
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version of an object as a listing shows it. `latest`: it is what the key alone means."""

    key: str
    version_id: str
    size: int
    etag: str
    latest: bool


def list_objects(
    account: Account, bucket: str, owner: str, prefix: str = "", *, deep: bool = True
) -> Iterator[Listed]:
    """All objects below `prefix`, in order of their keys; unless `deep`, not those of the folders below it.

    One request for each thousand; AWS counts a folder that is left out as one. Raises NotFound for a missing bucket,
    AccessDenied for a foreign one.
    """
    page: dict[str, Any] = {"Bucket": bucket, "ExpectedBucketOwner": owner, "Prefix": prefix}
    page |= {} if deep else {"Delimiter": "/"}
    events = account.client("s3").meta.events
    events.register("before-parse.s3.ListObjectsV2", _parse_listing, unique_id="listing")
    while True:
        answer = account.read("s3", "ListObjectsV2", f"{bucket}/{prefix}", **page)
        yield from answer["Listed"]
        if not answer["Next"]:
            return
        page["ContinuationToken"] = answer["Next"]


def _parse_listing(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Read a listing in place of botocore's parser, which takes twenty times as long for a thousand objects."""
    if response_dict["status_code"] != 200:
        return
    root = ET.fromstring(response_dict["body"])  # noqa: S314 - see the import
    space = root.tag.removesuffix("ListBucketResult")
    decode = unquote_plus if root.findtext(f"{space}EncodingType") == "url" else str
    customized_response_dict["Listed"] = [
        _listed(item, space, decode) for item in root.iter(f"{space}Contents")
    ]
    customized_response_dict["Next"] = root.findtext(f"{space}NextContinuationToken") or ""
    response_dict["body"] = b"<ListBucketResult/>"


def _listed(item: ET.Element, space: str, decode: Any) -> Listed:
    found = {child.tag.removeprefix(space): child.text or "" for child in item}
    return Listed(decode(found["Key"]), int(found["Size"]), found["ETag"].strip('"'))


def find_object(account: Account, bucket: str, owner: str, key: str) -> Listed | None:
    """The object as a listing shows it, which needs no right to read it. AWS: a key is the first of those it begins."""
    found = next(list_objects(account, bucket, owner, key), None)
    return found if found and found.key == key else None


def check_bucket(account: Account, bucket: str, owner: str) -> None:
    """Make sure that the bucket exists and belongs to `owner`. Raises NotFound, WrongBucketOwner.

    By a listing, because AWS answers a HEAD without a body: it could not be told why it was refused.
    """
    try:
        account.read("s3", "ListObjectsV2", bucket, Bucket=bucket, ExpectedBucketOwner=owner, MaxKeys=1)
    except AccessDenied as error:
        raise WrongBucketOwner(
            error.subject,
            code=error.code or "AccessDenied",
            message=error.message or f"expected owner {owner}",
            request_id=error.request_id,
            status=error.status,
        ) from error


def list_versions(account: Account, bucket: str, owner: str, prefix: str = "") -> Iterator[ListedVersion]:
    """All versions of the objects below `prefix`, in order of their keys, the newest of each first; no delete markers.

    One request for each thousand. Raises NotFound for a missing bucket, AccessDenied for a foreign one.
    """
    page: dict[str, Any] = {"Bucket": bucket, "ExpectedBucketOwner": owner, "Prefix": prefix}
    while True:
        answer = account.read("s3", "ListObjectVersions", f"{bucket}/{prefix}", **page)
        for item in answer.get("Versions", ()):
            yield ListedVersion(
                item["Key"], item["VersionId"], item["Size"], item["ETag"].strip('"'), item["IsLatest"]
            )
        if not answer["IsTruncated"]:
            return
        page |= {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}


def head_object(account: Account, bucket: str, owner: str, key: str, version_id: str = "") -> Head:
    """What S3 knows about an object, or one version of it, with its checksum. Raises NotFound."""
    found = account.read(
        "s3",
        "HeadObject",
        f"{bucket}/{key}",
        Bucket=bucket,
        Key=key,
        ExpectedBucketOwner=owner,
        ChecksumMode="ENABLED",
        **({"VersionId": version_id} if version_id else {}),
    )
    return Head(
        found["ETag"].strip('"'),
        found["ContentLength"],
        found.get("ContentType", ""),
        found.get("CacheControl", ""),
        found.get("ChecksumSHA256", ""),
        found.get("VersionId", ""),
    )


def read_object(account: Account, bucket: str, owner: str, key: str, limit: int) -> bytes:
    """The bytes of a small object. Raises NotFound, TooLarge when it has more than `limit` bytes."""
    pieces: list[bytes] = []

    def take(found: Iterator[bytes]) -> None:
        pieces[:] = found

    _get(account, bucket, owner, key, limit, take)
    return b"".join(pieces)


def download(account: Account, bucket: str, owner: str, key: str, path: Path, limit: int) -> int:
    """Write an object into the file `path`, in pieces, and say how many bytes it has.

    Raises NotFound, TooLarge when it has more than `limit` bytes. After any error the file is not whole.
    """

    def take(found: Iterator[bytes]) -> None:
        with path.open("wb") as file:
            file.writelines(found)

    return _get(account, bucket, owner, key, limit, take)


def _get(
    account: Account, bucket: str, owner: str, key: str, limit: int, take: Callable[[Iterator[bytes]], None]
) -> int:
    """Get an object and give its pieces to `take`, again from the start when the connection breaks."""
    subject = Subject("s3", "GetObject", account.account_id, f"{bucket}/{key}")

    def once() -> tuple[int, Answer]:
        with translated(subject):
            found = account.client("s3").get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)
            size: int = found["ContentLength"]
            with closing(found["Body"]) as body:
                if size > limit:
                    raise TooLarge(subject, message=f"it has {size} bytes, and at most {limit} are taken")
                take(body.iter_chunks(PIECE))
        return size, Answer(request_id(found), 200)

    return account.repeat(subject, once, writes=False)


def put_once(account: Account, put: Put) -> Written:
    """Write an object that never changes. Raises OtherContent when there is another one already."""
    try:
        with Transfer(account, in_flight=1) as transfer:
            return transfer.run([put])[0]
    except TransferFailed as failed:
        raise failed.error from failed
