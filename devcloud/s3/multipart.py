"""Multipart uploads, which CI tools use for large artifacts."""

import hashlib
import secrets
from dataclasses import replace
from xml.sax.saxutils import escape

from devcloud.errors import AwsError
from devcloud.s3 import checksums
from devcloud.s3.call import S3Call, xml_reply
from devcloud.s3.conditions import check_write
from devcloud.s3.objects import (
    ENCRYPTED,
    local_name,
    malformed_xml,
    parse_xml,
    system_headers,
    user_metadata,
    written,
)
from devcloud.s3.store import Upload, Version, md5
from devcloud.wire import Reply

MIN_PART = 5 * 1024**2


def create_multipart_upload(call: S3Call) -> Reply:
    upload_id = secrets.token_urlsafe(48)
    call.bucket.uploads[upload_id] = Upload(
        call.key, system_headers(call.headers), user_metadata(call.headers)
    )
    names = f"<Bucket>{call.bucket_name}</Bucket><Key>{escape(call.key)}</Key>"
    return xml_reply("InitiateMultipartUploadResult", f"{names}<UploadId>{upload_id}</UploadId>")


def upload_part(call: S3Call) -> Reply:
    upload = _upload(call)
    kept = checksums.verified(call.headers, call.body)
    etag = md5(call.body)
    upload.parts[int(call.query("partNumber"))] = (etag, call.body)
    values = {checksums.header_name(name): value for name, value in kept.items()}
    return Reply(200, b"", ENCRYPTED | values | {"etag": f'"{etag}"'})


def complete_multipart_upload(call: S3Call) -> Reply:
    """AWS: parts in order, each as it was uploaded, all but the last at least 5 MB; the ETag is no MD5."""
    upload, bucket = _upload(call), call.bucket
    parts = _listed_parts(call, upload)
    check_write(call.headers, call.key, bucket.current(call.key))
    body = b"".join(data for _, data in parts)
    digest = hashlib.md5(
        b"".join(bytes.fromhex(etag) for etag, _ in parts), usedforsecurity=False
    ).hexdigest()
    version = Version(
        key=call.key,
        version_id=bucket.new_version_id(),
        modified=call.now,
        body=body,
        etag=f"{digest}-{len(parts)}",
        headers=upload.headers,
        metadata=upload.metadata,
        checksums=checksums.compute(checksums.DEFAULT_ALGORITHM, body),
    )
    bucket.add(version)
    del bucket.uploads[call.query("uploadId")]
    names = f"<Bucket>{call.bucket_name}</Bucket><Key>{escape(call.key)}</Key>"
    reply = xml_reply("CompleteMultipartUploadResult", f"{names}<ETag>&quot;{version.etag}&quot;</ETag>")
    return replace(reply, headers={**reply.headers, **written(bucket, version)})


def _listed_parts(call: S3Call, upload: Upload) -> list[tuple[str, bytes]]:
    listed = [
        {local_name(field): field.text or "" for field in each}
        for each in parse_xml(call.body)
        if local_name(each) == "Part"
    ]
    numbers = [int(each["PartNumber"]) for each in listed]
    if not numbers:
        raise malformed_xml()
    if numbers != sorted(set(numbers)):
        raise AwsError("InvalidPartOrder", 400, "The list of parts was not in ascending order.")
    for each in listed:
        kept = upload.parts.get(int(each["PartNumber"]))
        if kept is None or kept[0] != each["ETag"].strip('"'):
            raise AwsError("InvalidPart", 400, "One or more of the specified parts could not be found.")
    parts = [upload.parts[number] for number in numbers]
    if any(len(data) < MIN_PART for _, data in parts[:-1]):
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise AwsError("EntityTooSmall", 400, message)
    return parts


def abort_multipart_upload(call: S3Call) -> Reply:
    _upload(call)
    del call.bucket.uploads[call.query("uploadId")]
    return Reply(204)


def _upload(call: S3Call) -> Upload:
    upload = call.bucket.uploads.get(call.query("uploadId"))
    if upload is None or upload.key != call.key:
        raise AwsError("NoSuchUpload", 404, "The specified multipart upload does not exist.")
    return upload
