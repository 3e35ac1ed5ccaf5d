"""ListObjectsV2, ListObjects and ListObjectVersions: pages of at most 1,000, never with checksum values."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.sax.saxutils import escape

from devcloud.errors import AwsError
from devcloud.s3.call import S3Call, xml_reply
from devcloud.s3.store import Bucket, Version
from devcloud.wire import Reply

PAGE = 1000


@dataclass
class Page:
    """One page: what is in it, and after what to go on when there is more."""

    contents: list[str] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    truncated: bool = False

    def __len__(self) -> int:
        return len(self.contents) + len(self.prefixes)


def list_objects_v2(call: S3Call) -> Reply:
    token = call.query("continuation-token")
    after = _decode_token(token) if token else call.query("start-after")
    page = _objects(call, call.bucket, after)
    more = (
        f"<NextContinuationToken>{_encode_token(page.last)}</NextContinuationToken>" if page.truncated else ""
    )
    given = f"<ContinuationToken>{escape(token)}</ContinuationToken>" if token else ""
    started = (
        f"<StartAfter>{_name(call, call.query('start-after'))}</StartAfter>"
        if call.query("start-after")
        else ""
    )
    return xml_reply(
        "ListBucketResult", f"{_frame(call, page)}<KeyCount>{len(page)}</KeyCount>{given}{more}{started}"
    )


def list_objects(call: S3Call) -> Reply:
    page = _objects(call, call.bucket, call.query("marker"))
    more = (
        f"<NextMarker>{_name(call, page.last)}</NextMarker>"
        if page.truncated and call.query("delimiter")
        else ""
    )
    return xml_reply(
        "ListBucketResult", f"{_frame(call, page)}<Marker>{_name(call, call.query('marker'))}</Marker>{more}"
    )


def _objects(call: S3Call, bucket: Bucket, after: str) -> Page:
    prefix, delimiter, limit = call.query("prefix"), call.query("delimiter"), max_keys(call)
    page = Page()
    for key in _keys(bucket, prefix, after):
        version = bucket.current(key)
        if version is None or (page.prefixes and delimiter and key.startswith(page.prefixes[-1])):
            continue
        group = _group(key, prefix, delimiter)
        if group is not None and after.startswith(group):
            continue
        if len(page) >= limit:
            page.truncated = limit > 0
            break
        if group is None:
            page.contents.append(_content(call, version))
        else:
            page.prefixes.append(group)
        page.last = group or key
    return page


def _keys(bucket: Bucket, prefix: str, after: str) -> Iterator[str]:
    """Keys with the prefix that come after `after`, in order."""
    for key in bucket.keys_from(max(prefix, after)):
        if not key.startswith(prefix):
            return
        if key > after or not after:
            yield key


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    position = key.find(delimiter, len(prefix))
    return None if position < 0 else key[: position + len(delimiter)]


def _frame(call: S3Call, page: Page) -> str:
    common = "".join(
        f"<CommonPrefixes><Prefix>{_name(call, each)}</Prefix></CommonPrefixes>" for each in page.prefixes
    )
    encoding = "<EncodingType>url</EncodingType>" if call.query("encoding-type") == "url" else ""
    delimiter = (
        f"<Delimiter>{_name(call, call.query('delimiter'))}</Delimiter>" if call.query("delimiter") else ""
    )
    return (
        f"<Name>{call.bucket_name}</Name><Prefix>{_name(call, call.query('prefix'))}</Prefix>{delimiter}"
        f"<MaxKeys>{max_keys(call)}</MaxKeys>{encoding}<IsTruncated>{str(page.truncated).lower()}</IsTruncated>"
        f"{''.join(page.contents)}{common}"
    )


def _content(call: S3Call, version: Version) -> str:
    algorithms = "".join(f"<ChecksumAlgorithm>{name}</ChecksumAlgorithm>" for name in version.checksums)
    return (
        f"<Contents><Key>{_name(call, version.key)}</Key><LastModified>{version.iso_date}</LastModified>"
        f"<ETag>&quot;{version.etag}&quot;</ETag>{algorithms}<ChecksumType>{version.checksum_type}</ChecksumType>"
        f"<Size>{version.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def list_object_versions(call: S3Call) -> Reply:
    bucket, limit = call.bucket, max_keys(call)
    key_marker, id_marker = call.query("key-marker"), call.query("version-id-marker")
    shown: list[Version] = []
    truncated = False
    for version in _all_versions(bucket, call.query("prefix"), key_marker, id_marker):
        if len(shown) == limit:
            truncated = True
            break
        shown.append(version)
    inner = "".join(_version(call, bucket, each) for each in shown)
    more = ""
    if truncated:
        more = (
            f"<NextKeyMarker>{_name(call, shown[-1].key)}</NextKeyMarker>"
            f"<NextVersionIdMarker>{shown[-1].version_id}</NextVersionIdMarker>"
        )
    encoding = "<EncodingType>url</EncodingType>" if call.query("encoding-type") == "url" else ""
    return xml_reply(
        "ListVersionsResult",
        f"<Name>{bucket.name}</Name><Prefix>{_name(call, call.query('prefix'))}</Prefix>"
        f"<KeyMarker>{_name(call, key_marker)}</KeyMarker><VersionIdMarker>{escape(id_marker)}</VersionIdMarker>"
        f"{more}<MaxKeys>{limit}</MaxKeys>{encoding}<IsTruncated>{str(truncated).lower()}</IsTruncated>{inner}",
    )


def _all_versions(bucket: Bucket, prefix: str, key_marker: str, id_marker: str) -> Iterator[Version]:
    """Versions newest first within a key, after the two markers."""
    if id_marker and bucket.version(key_marker, id_marker) is not None:
        versions = bucket.versions_of(key_marker)
        position = next(index for index, each in enumerate(versions) if each.version_id == id_marker)
        yield from versions[position + 1 :]
    for key in _keys(bucket, prefix, key_marker):
        yield from bucket.versions_of(key)


def _version(call: S3Call, bucket: Bucket, version: Version) -> str:
    latest = str(bucket.newest(version.key) is version).lower()
    common = (
        f"<Key>{_name(call, version.key)}</Key><VersionId>{version.version_id}</VersionId>"
        f"<IsLatest>{latest}</IsLatest><LastModified>{version.iso_date}</LastModified>"
    )
    if version.deleted:
        return f"<DeleteMarker>{common}</DeleteMarker>"
    return (
        f"<Version>{common}<ETag>&quot;{version.etag}&quot;</ETag><Size>{version.size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Version>"
    )


def max_keys(call: S3Call) -> int:
    """AWS: never more than 1,000 a page, whatever is asked for."""
    text = call.query("max-keys", str(PAGE))
    if not text.isdigit():
        raise AwsError("InvalidArgument", 400, "Provided max-keys not an integer or within integer range")
    return min(int(text), PAGE)


def _name(call: S3Call, text: str) -> str:
    return quote(text, safe="/") if call.query("encoding-type") == "url" else escape(text)


def _encode_token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _decode_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AwsError("InvalidArgument", 400, "The continuation token provided is incorrect") from error
