"""One S3 call on its way: the request, the bucket and key it names, and who may do what there."""

from collections.abc import MutableMapping
from dataclasses import dataclass

from devcloud import policy
from devcloud.errors import AwsError
from devcloud.s3.conditions import no_such_key
from devcloud.s3.store import Bucket, Version
from devcloud.wire import Principal, Reply, Request

XML_HEADERS = {"content-type": "application/xml"}
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass
class S3Call:
    """A call to S3. `headers` may be amended (trailing checksums), `request.body` is the decoded body."""

    request: Request
    buckets: MutableMapping[str, Bucket]
    bucket_name: str
    key: str
    headers: dict[str, str]
    body: bytes
    versioning_seconds: float = 0.0

    @property
    def principal(self) -> Principal:
        return self.request.principal

    @property
    def now(self) -> float:
        return self.request.now

    def query(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, default)

    @property
    def bucket(self) -> Bucket:
        """The bucket of the call. Raises AwsError NoSuchBucket."""
        return self.find_bucket(self.bucket_name)

    def find_bucket(self, name: str) -> Bucket:
        bucket = self.buckets.get(name)
        if bucket is None:
            raise AwsError(
                "NoSuchBucket", 404, "The specified bucket does not exist", fields={"BucketName": name}
            )
        return bucket

    def readable(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        """The version that a read names.

        Raises AwsError NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker named by its id.
        """
        if version_id is None:
            version = bucket.current(key)
            if version is None:
                raise self._missing(bucket, key)
            return version
        named = bucket.version(key, version_id)
        if named is None:
            raise AwsError("NoSuchVersion", 404, "The specified version does not exist.", fields={"Key": key})
        if named.deleted:
            message = "The specified method is not allowed against this resource."
            raise AwsError("MethodNotAllowed", 405, message, headers={"x-amz-delete-marker": "true"})
        return named

    def _missing(self, bucket: Bucket, key: str) -> AwsError:
        if not may(self.principal, bucket, "s3:ListBucket", bucket.arn):
            return access_denied()
        error = no_such_key(key)
        if bucket.newest(key) is not None:
            error.headers["x-amz-delete-marker"] = "true"
        return error


def access_denied() -> AwsError:
    return AwsError("AccessDenied", 403, "Access Denied")


def may(principal: Principal, bucket: Bucket, action: str, resource: str) -> bool:
    """Whether the principal may do that. AWS: in its own account its role decides and the bucket policy can only
    deny; a principal of another account needs the bucket policy to allow it."""
    context = {"aws:securetransport": "true", "aws:principalarn": principal.role_arn or principal.arn}
    verdict = policy.evaluate(bucket.policy, principal, action, resource, context)
    if principal.account == bucket.account:
        return verdict != policy.DENY
    return verdict == policy.ALLOW


def check_owner(bucket: Bucket, expected: str | None) -> None:
    """Refuse a bucket of another owner. AWS: a wrong expected bucket owner is 403 AccessDenied."""
    if expected is not None and expected != bucket.account:
        raise access_denied()


def xml_reply(root: str, inner: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{XMLNS}">{inner}</{root}>'
    return Reply(200, body.encode(), XML_HEADERS)
