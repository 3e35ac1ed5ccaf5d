"""PutObject, CopyObject, GetObject, HeadObject and the deletes."""

import re
from collections.abc import Mapping
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from devcloud.errors import AwsError
from devcloud.s3 import checksums
from devcloud.s3.call import S3Call, access_denied, check_owner, may, xml_reply
from devcloud.s3.conditions import check_copy_source, check_match, check_read, check_write
from devcloud.s3.store import NULL_VERSION, Bucket, Version, md5
from devcloud.wire import Reply

SYSTEM_HEADERS = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
MAX_SIZE = 5 * 1024**3
MAX_KEY = 1024
ENCRYPTED = {"x-amz-server-side-encryption": "AES256"}
METADATA = "x-amz-meta-"


def put_object(call: S3Call) -> Reply:
    bucket = call.bucket
    _check_key(call.key)
    check_acl(call.headers)
    kept = checksums.verified(call.headers, call.body)
    check_write(call.headers, call.key, bucket.current(call.key))
    version = Version(
        key=call.key,
        version_id=bucket.new_version_id(),
        modified=call.now,
        body=call.body,
        etag=md5(call.body),
        headers=system_headers(call.headers),
        metadata=user_metadata(call.headers),
        checksums=kept,
    )
    bucket.add(version)
    return Reply(
        200, b"", written(bucket, version) | {"etag": version.quoted_etag} | _checksum_headers(version)
    )


def copy_object(call: S3Call) -> Reply:
    """AWS: conditions on source and destination, and a copy onto itself must change something."""
    bucket = call.bucket
    _check_key(call.key)
    check_acl(call.headers)
    source_bucket, source = copy_source(call)
    directive = call.headers.get("x-amz-metadata-directive", "COPY").upper()
    if directive not in ("COPY", "REPLACE"):
        raise AwsError("InvalidArgument", 400, "Unknown metadata directive.")
    onto_itself = source_bucket is bucket and source is bucket.current(call.key)
    if onto_itself and directive == "COPY":
        raise _illegal_copy()
    check_write(call.headers, call.key, bucket.current(call.key))
    algorithm = call.headers.get("x-amz-checksum-algorithm") or next(iter(source.checksums))
    replace = directive == "REPLACE"
    version = Version(
        key=call.key,
        version_id=bucket.new_version_id(),
        modified=call.now,
        body=source.body,
        etag=md5(source.body) if "-" in source.etag else source.etag,
        headers=system_headers(call.headers) if replace else source.headers,
        metadata=user_metadata(call.headers) if replace else source.metadata,
        checksums=checksums.compute(algorithm, source.body),
    )
    bucket.add(version)
    headers = written(bucket, version)
    if source.version_id != NULL_VERSION:
        headers["x-amz-copy-source-version-id"] = source.version_id
    reply = xml_reply("CopyObjectResult", _copy_result(version))
    return Reply(200, reply.body, {**reply.headers, **headers})


def copy_source(call: S3Call) -> tuple[Bucket, Version]:
    """The source that x-amz-copy-source names, when the caller may read it and its conditions hold."""
    path, _, version_id = call.headers["x-amz-copy-source"].partition("?versionId=")
    name, _, key = unquote(path).lstrip("/").partition("/")
    if not key:
        raise AwsError(
            "InvalidArgument",
            400,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    bucket = call.find_bucket(name)
    check_owner(bucket, call.headers.get("x-amz-source-expected-bucket-owner"))
    action = "s3:GetObjectVersion" if version_id else "s3:GetObject"
    if not may(call.principal, bucket, action, f"{bucket.arn}/{key}"):
        raise access_denied()
    source = call.readable(bucket, key, version_id or None)
    if source.size > MAX_SIZE:
        message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
        raise AwsError("InvalidRequest", 400, message)
    check_copy_source(call.headers, source)
    return bucket, source


def _illegal_copy() -> AwsError:
    message = (
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes."
    )
    return AwsError("InvalidRequest", 400, message)


def _copy_result(version: Version) -> str:
    values = "".join(f"<Checksum{name}>{value}</Checksum{name}>" for name, value in version.checksums.items())
    return (
        f"<LastModified>{version.iso_date}</LastModified><ETag>&quot;{version.etag}&quot;</ETag>"
        f"{values}<ChecksumType>{version.checksum_type}</ChecksumType>"
    )


def get_object(call: S3Call) -> Reply:
    version = call.readable(call.bucket, call.key, call.request.query.get("versionId"))
    check_read(call.headers, version)
    headers = _read_headers(call, version)
    span = _range(call.headers.get("range"), version.size)
    if span is None:
        return Reply(200, version.body, headers)
    first, last = span
    headers.pop("x-amz-checksum-type", None)
    headers["content-range"] = f"bytes {first}-{last}/{version.size}"
    whole = {name: value for name, value in headers.items() if not name.startswith("x-amz-checksum-")}
    return Reply(206, version.body[first : last + 1], whole)


head_object = get_object


def _read_headers(call: S3Call, version: Version) -> dict[str, str]:
    headers = {
        "accept-ranges": "bytes",
        "etag": version.quoted_etag,
        "last-modified": version.http_date,
        **ENCRYPTED,
        **version.headers,
        **{METADATA + name: value for name, value in version.metadata.items()},
    }
    if call.bucket.versioning:
        headers["x-amz-version-id"] = version.version_id
    if status := call.bucket.copied.get(version.version_id):
        headers["x-amz-replication-status"] = status
    if call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers |= _checksum_headers(version)
    for name in SYSTEM_HEADERS:
        override = call.query(f"response-{name}")
        if override:
            headers[name] = override
    return headers


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first and last byte of a single range; None for the whole object, also when the header is odd."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    first = int(first_text) if first_text else max(0, size - int(last_text))
    last = min(int(last_text), size - 1) if first_text and last_text else size - 1
    if first > last:
        raise AwsError("InvalidRange", 416, "The requested range is not satisfiable")
    return first, last


def delete_object(call: S3Call) -> Reply:
    bucket = call.bucket
    check_match(call.headers, call.key, bucket.current(call.key))
    return Reply(204, b"", _delete(bucket, call.key, call.request.query.get("versionId"), call.now))


def _delete(bucket: Bucket, key: str, version_id: str | None, now: float) -> dict[str, str]:
    """Delete a version, or the object: in a versioned bucket that adds a delete marker."""
    if version_id is not None:
        gone = bucket.remove(key, version_id)
        marker = {"x-amz-delete-marker": "true"} if gone is not None and gone.deleted else {}
        return {"x-amz-version-id": version_id} | marker
    if not bucket.versioning:
        bucket.remove(key, NULL_VERSION)
        return {}
    marker_version = Version(key=key, version_id=bucket.new_version_id(), modified=now, deleted=True)
    bucket.add(marker_version)
    return {"x-amz-version-id": marker_version.version_id, "x-amz-delete-marker": "true"}


def delete_objects(call: S3Call) -> Reply:
    """AWS: at most 1,000 keys, with an integrity header, each key answered for itself."""
    bucket = call.bucket
    if not any(name == "content-md5" or name.startswith("x-amz-checksum-") for name in call.headers):
        raise AwsError("InvalidRequest", 400, "Missing required header for this request: Content-MD5")
    checksums.verified(call.headers, call.body)
    root = parse_xml(call.body)
    entries = [each for each in root if local_name(each) == "Object"]
    if not 1 <= len(entries) <= 1000:
        raise malformed_xml()
    quiet = any(local_name(each) == "Quiet" and each.text == "true" for each in root)
    return xml_reply("DeleteResult", "".join(_delete_one(call, bucket, each, quiet) for each in entries))


def _delete_one(call: S3Call, bucket: Bucket, entry: ElementTree.Element, quiet: bool) -> str:
    wish = {local_name(each): each.text or "" for each in entry}
    key = wish["Key"]
    named = f"<Key>{escape(key)}</Key>"
    try:
        if not may(call.principal, bucket, "s3:DeleteObject", f"{bucket.arn}/{key}"):
            raise access_denied()
        check_match({"if-match": wish["ETag"]} if "ETag" in wish else {}, key, bucket.current(key))
        done = _delete(bucket, key, wish.get("VersionId"), call.now)
    except AwsError as error:
        return f"<Error>{named}<Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
    marker = "<DeleteMarker>true</DeleteMarker>" if "x-amz-delete-marker" in done else ""
    if marker and "VersionId" not in wish:
        marker += f"<DeleteMarkerVersionId>{done['x-amz-version-id']}</DeleteMarkerVersionId>"
    return "" if quiet else f"<Deleted>{named}{marker}</Deleted>"


def parse_xml(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - from tests and the demo on loopback
    except ElementTree.ParseError as error:
        raise malformed_xml() from error


def malformed_xml() -> AwsError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", 400, message)


def local_name(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def system_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that S3 keeps. AWS: an object without a type is binary/octet-stream."""
    kept = {name: headers[name] for name in SYSTEM_HEADERS if headers.get(name)}
    encoding = ",".join(
        each.strip()
        for each in kept.pop("content-encoding", "").split(",")
        if each.strip() not in ("", "aws-chunked")
    )
    if encoding:
        kept["content-encoding"] = encoding
    return {"content-type": "binary/octet-stream"} | kept


def user_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """AWS: at most 2 KB of user metadata."""
    found = {
        name.removeprefix(METADATA): value for name, value in headers.items() if name.startswith(METADATA)
    }
    if sum(len(name) + len(value) for name, value in found.items()) > 2048:
        raise AwsError(
            "MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"
        )
    return found


def check_acl(headers: Mapping[str, str]) -> None:
    """AWS: with BucketOwnerEnforced, the default since 2023, no other ACL is accepted."""
    if headers.get("x-amz-acl") not in (None, "bucket-owner-full-control"):
        raise AwsError("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")


def _check_key(key: str) -> None:
    if len(key.encode()) > MAX_KEY:
        raise AwsError(
            "KeyTooLongError", 400, "Your key is too long", fields={"MaxSizeAllowed": str(MAX_KEY)}
        )


def written(bucket: Bucket, version: Version) -> dict[str, str]:
    """The headers of an answer to a write. AWS: they name the new version where the bucket keeps versions."""
    return ENCRYPTED | ({"x-amz-version-id": version.version_id} if bucket.versioning else {})


def _checksum_headers(version: Version) -> dict[str, str]:
    values = {checksums.header_name(name): value for name, value in version.checksums.items()}
    return values | {"x-amz-checksum-type": version.checksum_type}
