"""Objects: writing, copying, reading, deleting, and every condition on them."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, MEDIA, SANDBOX, Refused

OTHER_BUCKET = "tim-app-test-855652006097"
EMPTY_SHA256 = base64.b64encode(hashlib.sha256(b"").digest()).decode()


def put(s3: Any, key: str = "a.js", body: bytes = b"one", **options: Any) -> str:
    return str(s3.put_object(Bucket=DEV_BUCKET, Key=key, Body=body, **options)["ETag"])


def copy(s3: Any, key: str = "copy.js", source: str = "a.js", **options: Any) -> Any:
    return s3.copy_object(
        Bucket=DEV_BUCKET, Key=key, CopySource={"Bucket": DEV_BUCKET, "Key": source}, **options
    )


def test_an_object_comes_back_as_it_was_put(s3: Any) -> None:
    etag = put(
        s3, "a b/ü+&.js", b"one", ContentType="text/javascript", CacheControl="no-cache", Metadata={"k": "v"}
    )
    assert etag == f'"{hashlib.md5(b"one").hexdigest()}"'
    got = s3.get_object(Bucket=DEV_BUCKET, Key="a b/ü+&.js")
    assert got["Body"].read() == b"one"
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == (
        "text/javascript",
        "no-cache",
        {"k": "v"},
    )
    assert got["ETag"] == etag


def test_an_object_without_a_type_is_binary(s3: Any) -> None:
    """AWS: S3 guesses no types: binary/octet-stream unless one is given."""
    put(s3, "page.html")
    assert s3.head_object(Bucket=DEV_BUCKET, Key="page.html")["ContentType"] == "binary/octet-stream"


def test_every_answer_has_its_own_request_ids(s3: Any) -> None:
    first, second = (s3.list_buckets()["ResponseMetadata"] for _ in range(2))
    assert first["RequestId"] != second["RequestId"]
    assert first["HostId"]


@pytest.mark.parametrize(
    "call",
    [
        lambda s3, **owner: s3.put_object(Bucket=DEV_BUCKET, Key="x", Body=b"", **owner),
        lambda s3, **owner: s3.get_object(Bucket=DEV_BUCKET, Key="a.js", **owner),
        lambda s3, **owner: s3.list_objects_v2(Bucket=DEV_BUCKET, **owner),
        lambda s3, **owner: s3.delete_object(Bucket=DEV_BUCKET, Key="x", **owner),
        lambda s3, **owner: s3.get_bucket_versioning(Bucket=DEV_BUCKET, **owner),
        lambda s3, **owner: copy(s3, **owner),
    ],
)
def test_a_wrong_expected_owner_is_denied(s3: Any, refused: Refused, call: Callable[..., Any]) -> None:
    """AWS: x-amz-expected-bucket-owner that is not the owner is 403 AccessDenied, for every operation."""
    put(s3)
    assert call(s3, ExpectedBucketOwner=MEDIA)
    with refused("AccessDenied", 403):
        call(s3, ExpectedBucketOwner=SANDBOX)


def test_a_wrong_expected_source_owner_is_denied(s3: Any, refused: Refused) -> None:
    """AWS: x-amz-source-expected-bucket-owner guards the source of a copy."""
    put(s3)
    assert copy(s3, ExpectedSourceBucketOwner=MEDIA)
    with refused("AccessDenied", 403):
        copy(s3, ExpectedSourceBucketOwner=SANDBOX)


@pytest.mark.parametrize("write", [put, copy])
def test_a_write_if_none_match(s3: Any, refused: Refused, write: Callable[..., Any]) -> None:
    """AWS: If-None-Match: * on Put and Copy is 412 when the key exists."""
    put(s3)
    assert write(s3, "new.js", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        write(s3, "new.js", IfNoneMatch="*")
    s3.delete_object(Bucket=DEV_BUCKET, Key="new.js")
    assert write(s3, "new.js", IfNoneMatch="*")


@pytest.mark.parametrize("write", [put, copy])
def test_a_write_if_match(s3: Any, refused: Refused, write: Callable[..., Any]) -> None:
    """AWS: If-Match on Put and Copy is 412 when the ETag is another, 404 when the key does not exist."""
    put(s3)
    etag = put(s3, "page.html", b"old")
    with refused("PreconditionFailed", 412):
        write(s3, "page.html", IfMatch='"0123456789abcdef0123456789abcdef"')
    assert write(s3, "page.html", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        write(s3, "page.html", IfMatch=etag)
    with refused("NoSuchKey", 404):
        write(s3, "missing.html", IfMatch=etag)


def test_a_delete_if_match(s3: Any, refused: Refused) -> None:
    """AWS: If-Match on DeleteObject is 412 when the ETag is another, 404 when the key does not exist."""
    etag = put(s3)
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=DEV_BUCKET, Key="a.js", IfMatch='"other"')
    s3.delete_object(Bucket=DEV_BUCKET, Key="a.js", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.delete_object(Bucket=DEV_BUCKET, Key="a.js", IfMatch=etag)


def test_many_deletes_answer_for_each_key(s3: Any) -> None:
    """AWS: DeleteObjects takes an ETag per key and names what it did not delete."""
    etag = put(s3, "a")
    put(s3, "b")
    wish = [{"Key": "a", "ETag": etag}, {"Key": "b", "ETag": '"other"'}, {"Key": "never there"}]
    answer = s3.delete_objects(Bucket=DEV_BUCKET, Delete={"Objects": wish})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "never there"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("b", "PreconditionFailed")]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=DEV_BUCKET)["Contents"]] == ["b"]


def test_a_copy_takes_only_the_source_it_was_told(s3: Any, refused: Refused) -> None:
    """AWS: x-amz-copy-source-if-match and -if-none-match are 412 when they do not hold."""
    etag = put(s3)
    assert copy(s3, CopySourceIfMatch=etag)
    with refused("PreconditionFailed", 412):
        copy(s3, CopySourceIfMatch='"other"')
    assert copy(s3, CopySourceIfNoneMatch='"other"')
    with refused("PreconditionFailed", 412):
        copy(s3, CopySourceIfNoneMatch=etag)


def test_a_copy_keeps_its_headers_unless_told_to_replace(s3: Any) -> None:
    """AWS: with MetadataDirective COPY, the default, headers given with the copy are ignored."""
    put(s3, ContentType="text/javascript", CacheControl="no-cache", Metadata={"k": "v"})
    copy(s3, ContentType="text/plain", CacheControl="max-age=1")
    kept = s3.head_object(Bucket=DEV_BUCKET, Key="copy.js")
    assert (kept["ContentType"], kept["CacheControl"], kept["Metadata"]) == (
        "text/javascript",
        "no-cache",
        {"k": "v"},
    )
    copy(s3, MetadataDirective="REPLACE", ContentType="text/plain")
    replaced = s3.head_object(Bucket=DEV_BUCKET, Key="copy.js")
    assert (replaced["ContentType"], replaced.get("CacheControl"), replaced["Metadata"]) == (
        "text/plain",
        None,
        {},
    )


def test_a_copy_onto_itself_must_change_something(s3: Any, refused: Refused) -> None:
    """AWS: copying an object to itself without REPLACE is 400 InvalidRequest."""
    put(s3)
    assert copy(s3, "a.js", MetadataDirective="REPLACE", CacheControl="no-cache")
    with refused("InvalidRequest", 400):
        copy(s3, "a.js")


def test_a_copy_of_nothing_is_refused(s3: Any, refused: Refused) -> None:
    with refused("NoSuchKey", 404):
        copy(s3, source="missing.js")
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=DEV_BUCKET, Key="a", CopySource={"Bucket": "no-such-bucket", "Key": "a"})


def test_a_copy_can_take_an_old_version(s3: Any) -> None:
    """AWS: CopySource.VersionId pins the source; copying an old version over itself is a restore."""
    old = s3.put_object(Bucket=DEV_BUCKET, Key="a.js", Body=b"old")["VersionId"]
    put(s3, "a.js", b"new")
    source = {"Bucket": DEV_BUCKET, "Key": "a.js", "VersionId": old}
    answer = s3.copy_object(Bucket=DEV_BUCKET, Key="a.js", CopySource=source)
    assert answer["CopySourceVersionId"] == old
    assert s3.get_object(Bucket=DEV_BUCKET, Key="a.js")["Body"].read() == b"old"


def test_wrong_checksums_store_nothing(s3: Any, refused: Refused) -> None:
    """AWS: a wrong x-amz-checksum-* or Content-MD5 is 400 BadDigest."""
    right = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
    assert put(s3, ChecksumSHA256=right)
    wrongs: tuple[dict[str, Any], ...] = (
        {"ChecksumSHA256": EMPTY_SHA256},
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumCRC64NVME": "AAAAAAAAAAA="},
    )
    for wrong in wrongs:
        with refused("BadDigest", 400):
            put(s3, "wrong.js", **wrong)
    md5 = base64.b64encode(hashlib.md5(b"another").digest()).decode()
    with refused("BadDigest", 400):
        put(s3, "wrong.js", ContentMD5=md5)
    with refused("InvalidDigest", 400):
        put(s3, "wrong.js", ContentMD5="c2hvcnQ=")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=DEV_BUCKET)["Contents"]] == ["a.js"]


def test_checksums_are_shown_only_when_asked_for(s3: Any) -> None:
    """AWS: HeadObject and GetObject give checksums only with x-amz-checksum-mode: ENABLED."""
    right = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
    put(s3, ChecksumSHA256=right)
    assert "ChecksumSHA256" not in s3.head_object(Bucket=DEV_BUCKET, Key="a.js")
    shown = s3.head_object(Bucket=DEV_BUCKET, Key="a.js", ChecksumMode="ENABLED")
    assert (shown["ChecksumSHA256"], shown["ChecksumType"]) == (right, "FULL_OBJECT")


def test_a_copy_computes_the_checksum_it_is_asked_for(s3: Any) -> None:
    """AWS: a copy keeps the source's algorithm unless x-amz-checksum-algorithm names another."""
    put(s3, ChecksumAlgorithm="SHA256")
    sha256 = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
    assert copy(s3)["CopyObjectResult"]["ChecksumSHA256"] == sha256
    assert "ChecksumSHA256" not in copy(s3, ChecksumAlgorithm="CRC32C")["CopyObjectResult"]


def test_reads_with_conditions_and_ranges(s3: Any, refused: Refused) -> None:
    etag = put(s3, body=b"0123456789")
    part = s3.get_object(Bucket=DEV_BUCKET, Key="a.js", Range="bytes=2-4")
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket=DEV_BUCKET, Key="a.js", Range="bytes=-3")["Body"].read() == b"789"
    with refused("InvalidRange", 416):
        s3.get_object(Bucket=DEV_BUCKET, Key="a.js", Range="bytes=10-")
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=DEV_BUCKET, Key="a.js", IfMatch='"other"')
    with refused("304", 304):
        s3.get_object(Bucket=DEV_BUCKET, Key="a.js", IfNoneMatch=etag)


def test_a_deleted_object_of_a_versioned_bucket_can_come_back(s3: Any, refused: Refused) -> None:
    """AWS: a delete adds a marker, a plain read is 404, the old version is still there by its id."""
    old = s3.put_object(Bucket=DEV_BUCKET, Key="a.js", Body=b"one")["VersionId"]
    marker = s3.delete_object(Bucket=DEV_BUCKET, Key="a.js")
    assert marker["DeleteMarker"]
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=DEV_BUCKET, Key="a.js")
    assert s3.get_object(Bucket=DEV_BUCKET, Key="a.js", VersionId=old)["Body"].read() == b"one"
    with refused("MethodNotAllowed", 405):
        s3.get_object(Bucket=DEV_BUCKET, Key="a.js", VersionId=marker["VersionId"])
    s3.delete_object(Bucket=DEV_BUCKET, Key="a.js", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=DEV_BUCKET, Key="a.js")["Body"].read() == b"one"


def test_acls_are_refused(s3: Any, refused: Refused) -> None:
    """AWS: with BucketOwnerEnforced only bucket-owner-full-control is accepted."""
    assert put(s3, ACL="bucket-owner-full-control")
    with refused("AccessControlListNotSupported", 400):
        put(s3, ACL="public-read")


def test_names_have_limits(s3: Any, refused: Refused) -> None:
    """AWS: a key has at most 1,024 bytes of UTF-8, user metadata at most 2 KB."""
    assert put(s3, "ü" * 512)
    with refused("KeyTooLongError", 400):
        put(s3, "ü" * 513)
    with refused("MetadataTooLarge", 400):
        put(s3, Metadata={"k": "v" * 2048})


def test_another_accounts_bucket_is_closed(cloud: CloudProcess, s3: Any, refused: Refused) -> None:
    """AWS: a principal of another account needs the bucket policy to allow it."""
    put(s3)
    stranger = cloud.client("s3", "sandbox")
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket=DEV_BUCKET, Key="a.js")
    with refused("AccessDenied", 403):
        stranger.put_object(Bucket=DEV_BUCKET, Key="b.js", Body=b"")
    role = f"arn:aws:iam::{SANDBOX}:role/deploy-console-deploy"
    s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy=policy(role, "s3:GetObject"))
    assert stranger.get_object(Bucket=DEV_BUCKET, Key="a.js")["Body"].read() == b"one"
    with refused("AccessDenied", 403):
        stranger.put_object(Bucket=DEV_BUCKET, Key="b.js", Body=b"")


def policy(role: str, action: str, effect: str = "Allow") -> str:
    return (
        f'{{"Statement": [{{"Effect": "{effect}", "Principal": {{"AWS": "{role}"}}, "Action": "{action}", '
        f'"Resource": "arn:aws:s3:::{DEV_BUCKET}/*"}}]}}'
    )


def test_a_deny_beats_everything(s3: Any, refused: Refused) -> None:
    """AWS: an explicit Deny in the bucket policy holds for the owner's roles too."""
    put(s3)
    s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy=policy("*", "s3:DeleteObject", "Deny"))
    assert put(s3)
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=DEV_BUCKET, Key="a.js")


def test_a_large_upload_in_parts(s3: Any, refused: Refused) -> None:
    """AWS: all parts but the last have 5 MB at least, and the ETag of the whole is no MD5."""
    parts = [b"a" * 5 * 1024**2, b"b"]
    upload = s3.create_multipart_upload(Bucket=DEV_BUCKET, Key="big.zip")["UploadId"]
    where = {"Bucket": DEV_BUCKET, "Key": "big.zip", "UploadId": upload}
    etags = [s3.upload_part(**where, PartNumber=n, Body=body)["ETag"] for n, body in enumerate(parts, 1)]
    listed = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    third = s3.upload_part(**where, PartNumber=3, Body=parts[0])["ETag"]
    too_small = [listed[1], {"PartNumber": 3, "ETag": third}]
    with refused("EntityTooSmall", 400):
        s3.complete_multipart_upload(**where, MultipartUpload={"Parts": too_small})
    done = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": listed})
    assert done["ETag"].endswith('-2"')
    assert s3.get_object(Bucket=DEV_BUCKET, Key="big.zip")["Body"].read() == b"".join(parts)
    with refused("NoSuchUpload", 404):
        s3.complete_multipart_upload(**where, MultipartUpload={"Parts": listed})


def test_a_file_can_be_uploaded_by_the_transfer_manager(s3: Any, tmp_path: Any) -> None:
    path = tmp_path / "artifact.zip"
    path.write_bytes(b"z" * 9 * 1024**2)
    s3.upload_file(str(path), DEV_BUCKET, "incoming/artifact.zip")
    assert s3.head_object(Bucket=DEV_BUCKET, Key="incoming/artifact.zip")["ContentLength"] == 9 * 1024**2
