"""The front of S3: addresses, owners, rights, and which function does an operation."""

from collections.abc import Callable, Mapping, MutableMapping
from urllib.parse import unquote

from devcloud.errors import AwsError, not_implemented
from devcloud.iam.state import Roles
from devcloud.s3 import buckets, chunked, listing, multipart, objects
from devcloud.s3.call import S3Call, access_denied, check_owner, may
from devcloud.s3.replication import copy_news
from devcloud.s3.store import Bucket
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

OPERATIONS: Mapping[str, Callable[[S3Call], Reply]] = {
    "PutObject": objects.put_object,
    "CopyObject": objects.copy_object,
    "GetObject": objects.get_object,
    "HeadObject": objects.head_object,
    "DeleteObject": objects.delete_object,
    "DeleteObjects": objects.delete_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjects": listing.list_objects,
    "ListObjectVersions": listing.list_object_versions,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "UploadPart": multipart.upload_part,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "CreateBucket": buckets.create_bucket,
    "DeleteBucket": buckets.delete_bucket,
    "HeadBucket": buckets.head_bucket,
    "ListBuckets": buckets.list_buckets,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketVersioning": buckets.get_bucket_versioning,
    "PutBucketVersioning": buckets.put_bucket_versioning,
    "GetBucketPolicy": buckets.get_bucket_policy,
    "PutBucketPolicy": buckets.put_bucket_policy,
    "DeleteBucketPolicy": buckets.delete_bucket_policy,
    "GetBucketPolicyStatus": buckets.get_bucket_policy_status,
}
# AWS: the IAM action where it is not the operation's own name.
ACTIONS = {
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "UploadPart": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListObjectsV2": "ListBucket",
    "ListObjects": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
}
WRITES = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject"})
NEEDS_NO_BUCKET = frozenset({"ListBuckets", "CreateBucket"})
EACH_KEY_ANSWERS = frozenset({"DeleteObjects"})


def locate(request: Request) -> tuple[str, str]:
    """Bucket and key of a request, in path style or with the bucket in the host name; empty where absent."""
    host = request.headers.get("host", "").partition(":")[0]
    for suffix in (".localhost", ".amazonaws.com"):
        if host.endswith(suffix):
            bucket = host.removesuffix(suffix).split(".s3.")[0].split(".s3-")[0]
            if bucket not in ("s3", "") and not bucket.startswith("s3."):
                return bucket, unquote(request.raw_path[1:])
    bucket, _, key = request.raw_path[1:].partition("/")
    return unquote(bucket), unquote(key)


def handle(
    request: Request, all_buckets: MutableMapping[str, Bucket], roles: Roles, settings: Settings
) -> Reply:
    """Carry out one S3 call, and have what is new copied. Raises AwsError for every refusal."""
    name, key = locate(request)
    reply = _carry_out(request, all_buckets, name, key, settings)
    if key and request.operation in WRITES:
        copy_news(request, name, key, all_buckets, roles)
    return reply


def _carry_out(
    request: Request, all_buckets: MutableMapping[str, Bucket], name: str, key: str, settings: Settings
) -> Reply:
    call = S3Call(
        request, all_buckets, name, key, dict(request.headers), request.body, settings.versioning_seconds
    )
    if request.operation not in NEEDS_NO_BUCKET:
        _admit(call, request.operation)
    elif not call.principal.account:
        raise access_denied()
    _decode_body(call)
    done = buckets.document_operation(call, request.operation)
    if done is not None:
        return done
    operation = OPERATIONS.get(request.operation)
    if operation is None:
        raise not_implemented("s3", request.operation)
    return operation(call)


def _admit(call: S3Call, operation: str) -> None:
    bucket = call.bucket
    _check_region(call, bucket)
    check_owner(bucket, call.headers.get("x-amz-expected-bucket-owner"))
    if operation in EACH_KEY_ANSWERS:
        return
    action = ACTIONS.get(operation, operation)
    if "versionId" in call.request.query and action in ("GetObject", "DeleteObject"):
        action += "Version"
    resource = f"{bucket.arn}/{call.key}" if call.key else bucket.arn
    if not may(call.principal, bucket, f"s3:{action}", resource):
        raise access_denied()


def _check_region(call: S3Call, bucket: Bucket) -> None:
    """AWS: a request must be signed for the bucket's own Region; us-east-1 tells of each where it is."""
    anywhere = call.request.operation == "GetBucketLocation" and call.request.region == "us-east-1"
    if call.principal.account and call.request.region != bucket.region and not anywhere:
        message = (
            f"The authorization header is malformed; the region '{call.request.region}' is wrong; "
            f"expecting '{bucket.region}'"
        )
        raise AwsError("AuthorizationHeaderMalformed", 400, message, fields={"Region": bucket.region})


def _decode_body(call: S3Call) -> None:
    if call.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        call.body, trailers = chunked.decode(call.headers, call.body)
        call.headers |= trailers
