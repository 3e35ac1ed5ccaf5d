"""Buckets and their settings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import gmtime, strftime
from xml.sax.saxutils import escape

from devcloud.errors import AwsError
from devcloud.s3.call import XML_HEADERS, XMLNS, S3Call, xml_reply
from devcloud.s3.objects import local_name, malformed_xml, parse_xml
from devcloud.s3.replication import check_replication
from devcloud.s3.store import Bucket
from devcloud.wire import Reply

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Document:
    """A setting that S3 keeps as XML. `default` is what a new bucket has; `missing` is the error where there is none.

    With both, one that was deleted is missing; with a default alone it is that again.
    """

    query: str
    missing: str = ""
    default: str = ""
    keyed: bool = False


_ENCRYPTION = (
    f'<ServerSideEncryptionConfiguration xmlns="{XMLNS}"><Rule><ApplyServerSideEncryptionByDefault>'
    "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false"
    "</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
)
_BLOCKED = "".join(
    f"<{name}>true</{name}>"
    for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
)
_OWNERSHIP = (
    f'<OwnershipControls xmlns="{XMLNS}"><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>'
    "</OwnershipControls>"
)
# What S3 answers by operation suffix. AWS: new buckets are encrypted with AES256, private, owner enforced; privacy and
# ownership can be deleted, encryption then is the default one again.
DOCUMENTS: Mapping[str, Document] = {
    "BucketEncryption": Document("encryption", default=_ENCRYPTION),
    "PublicAccessBlock": Document(
        "publicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
        f'<PublicAccessBlockConfiguration xmlns="{XMLNS}">{_BLOCKED}</PublicAccessBlockConfiguration>',
    ),
    "BucketOwnershipControls": Document("ownershipControls", "OwnershipControlsNotFoundError", _OWNERSHIP),
    "BucketTagging": Document("tagging", "NoSuchTagSet"),
    "BucketCors": Document("cors", "NoSuchCORSConfiguration"),
    "BucketLifecycleConfiguration": Document("lifecycle", "NoSuchLifecycleConfiguration"),
    "BucketLifecycle": Document("lifecycle", "NoSuchLifecycleConfiguration"),
    "BucketReplication": Document("replication", "ReplicationConfigurationNotFoundError"),
    "BucketLogging": Document("logging", default=f'<BucketLoggingStatus xmlns="{XMLNS}"/>'),
    "BucketNotificationConfiguration": Document(
        "notification", default=f'<NotificationConfiguration xmlns="{XMLNS}"/>'
    ),
    "BucketIntelligentTieringConfiguration": Document(
        "intelligent-tiering", "NoSuchConfiguration", keyed=True
    ),
    "BucketInventoryConfiguration": Document("inventory", "NoSuchConfiguration", keyed=True),
    "BucketMetricsConfiguration": Document("metrics", "NoSuchConfiguration", keyed=True),
}


def document_operation(call: S3Call, operation: str) -> Reply | None:
    """Do a Get, Put or Delete of a bucket setting; None when the operation is not one."""
    verb = next((each for each in ("Get", "Put", "Delete") if operation.startswith(each)), "")
    document = DOCUMENTS.get(operation.removeprefix(verb)) if verb else None
    if document is None:
        return None
    place = (document.query, call.query("id") if document.keyed else "")
    kept = call.bucket.documents
    if verb == "Put":
        parse_xml(call.body)
        if document.query == "replication":
            check_replication(call)
        kept[place] = call.body
        return Reply(200)
    if verb == "Delete":
        kept[place] = b"" if document.missing else document.default.encode()
        return Reply(204)
    if found := kept.get(place, document.default.encode()):
        return Reply(200, found, XML_HEADERS)
    raise AwsError(document.missing, 404, f"The bucket has no {document.query} configuration.")


def create_bucket(call: S3Call) -> Reply:
    """AWS: names are global over all accounts, and the Region is in the body unless it is us-east-1."""
    if _NAME.fullmatch(call.bucket_name) is None or ".." in call.bucket_name:
        raise AwsError("InvalidBucketName", 400, "The specified bucket is not valid.")
    existing = call.buckets.get(call.bucket_name)
    if existing is not None:
        mine = existing.account == call.principal.account
        code = "BucketAlreadyOwnedByYou" if mine else "BucketAlreadyExists"
        raise AwsError(code, 409, "The requested bucket name is not available.")
    region = _location(call)
    call.buckets[call.bucket_name] = Bucket(call.bucket_name, call.principal.account, region, call.now)
    return Reply(200, b"", {"location": f"/{call.bucket_name}"})


def _location(call: S3Call) -> str:
    found = [each.text or "" for each in parse_xml(call.body).iter()] if call.body else []
    named = next((text for text in found if re.fullmatch(r"[a-z]{2}-[a-z]+-\d", text)), "us-east-1")
    if named != call.request.region:
        message = "The location constraint is incompatible for the region specific endpoint this request was sent to."
        raise AwsError("IllegalLocationConstraintException", 400, message)
    return named


def delete_bucket(call: S3Call) -> Reply:
    if not call.bucket.empty:
        raise AwsError("BucketNotEmpty", 409, "The bucket you tried to delete is not empty")
    del call.buckets[call.bucket_name]
    return Reply(204)


def head_bucket(call: S3Call) -> Reply:
    return Reply(200, b"", {"x-amz-bucket-region": call.bucket.region})


def list_buckets(call: S3Call) -> Reply:
    mine = sorted(
        (each for each in call.buckets.values() if each.account == call.principal.account),
        key=lambda each: each.name,
    )
    items = "".join(
        f"<Bucket><Name>{each.name}</Name><CreationDate>{_iso(each.created)}</CreationDate>"
        f"<BucketRegion>{each.region}</BucketRegion></Bucket>"
        for each in mine
    )
    return xml_reply(
        "ListAllMyBucketsResult",
        f"<Owner><ID>{call.principal.account}</ID></Owner><Buckets>{items}</Buckets>",
    )


def _iso(moment: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(moment))


def get_bucket_location(call: S3Call) -> Reply:
    region = call.bucket.region
    return xml_reply("LocationConstraint", "" if region == "us-east-1" else region)


def get_bucket_versioning(call: S3Call) -> Reply:
    state = call.bucket.versioning
    return xml_reply("VersioningConfiguration", f"<Status>{state}</Status>" if state else "")


def put_bucket_versioning(call: S3Call) -> Reply:
    """AWS: versioning once enabled can only be suspended, and not while the bucket is copied; it is known everywhere later."""
    states = [each.text for each in parse_xml(call.body) if local_name(each) == "Status"]
    if states not in (["Enabled"], ["Suspended"]):
        raise malformed_xml()
    if states == ["Suspended"] and ("replication", "") in call.bucket.documents:
        message = "A replication configuration is present on this bucket, so the versioning state cannot be changed."
        raise AwsError("InvalidBucketState", 409, message)
    if call.bucket.versioning != states[0]:
        call.bucket.versioned_from = call.now + call.versioning_seconds
    call.bucket.versioning = states[0] or ""
    return Reply(200)


def get_bucket_policy(call: S3Call) -> Reply:
    policy = call.bucket.policy
    if policy is None:
        raise AwsError("NoSuchBucketPolicy", 404, "The bucket policy does not exist")
    return Reply(200, policy.encode(), {"content-type": "application/json"})


def put_bucket_policy(call: S3Call) -> Reply:
    """AWS: a policy that is not JSON, or without statements, is MalformedPolicy; a public one is refused while
    BlockPublicPolicy is on."""
    text = call.body.decode()
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicy", 400, "Policies must be valid JSON and have a Statement.") from error
    if _blocks_public(call.bucket) and any(_is_public(each) for each in statements):
        message = "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked"
        raise AwsError("AccessDenied", 403, message)
    call.bucket.policy = text
    return Reply(204)


def _blocks_public(bucket: Bucket) -> bool:
    document = bucket.documents.get(("publicAccessBlock", ""))
    return document is None or b"<BlockPublicPolicy>true" in document


def _is_public(statement: Mapping[str, object]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement.get("Effect") == "Allow" and everybody and not statement.get("Condition")


def delete_bucket_policy(call: S3Call) -> Reply:
    call.bucket.policy = None
    return Reply(204)


def get_bucket_policy_status(call: S3Call) -> Reply:
    statements = json.loads(call.bucket.policy)["Statement"] if call.bucket.policy else []
    public = any(_is_public(each) for each in statements)
    return xml_reply("PolicyStatus", f"<IsPublic>{escape(str(public).lower())}</IsPublic>")
