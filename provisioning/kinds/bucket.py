"""S3 buckets: existence, versioning, privacy, ownership, encryption, lifecycle, tags."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import AccessDenied, AwsError, NotFound
from provisioning.ids import Ids
from provisioning.kinds.found import Denied, Found, Refused, deleting
from provisioning.kinds.lifecycle import rules_of, rules_to
from provisioning.shapes import Bucket

AT_ONCE = 32
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
OURS = frozenset({"product", "environment", "managed-by"})
"""The tags that the console keeps; the others are the account owner's."""


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """Eight calls for each, of all buckets at a time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        regions = dict(zip(names, threads.map(lambda name: _region(door, name), names), strict=True))
        there = {
            region: door.elsewhere(region) for region in set(regions.values()) if isinstance(region, str)
        }
        wanted = [
            (there[region], name, setting)
            for name, region in regions.items()
            if isinstance(region, str)
            for setting in SETTINGS
        ]
        answers = list(threads.map(lambda one: _setting(*one), wanted))
    told: dict[str, dict[str, Any]] = {name: {} for name in names}
    for (_, name, setting), answer in zip(wanted, answers, strict=True):
        told[name][setting] = answer
    return {name: _found(name, region, told[name]) for name, region in regions.items() if region}


def create(door: Door, name: str, shape: Bucket, ids: Ids) -> None:
    """AWS: bucket names are one space over all accounts; one that is ours already is 409 BucketAlreadyOwnedByYou."""
    # AWS: us-east-1 is the Region of a bucket for which none is named.
    place = {} if shape.region == "us-east-1" else {"LocationConstraint": shape.region}
    more = {"CreateBucketConfiguration": place} if place else {}
    try:
        door.elsewhere(shape.region).write("s3", "CreateBucket", name, Bucket=name, **more)
    except AwsError as error:
        if error.code == "BucketAlreadyExists":
            raise Refused(
                f"The bucket name {name} belongs to another AWS account. Choose another name in the settings."
            ) from error
        if error.code != "BucketAlreadyOwnedByYou":
            raise
    fresh = read(door, [name], ids).get(name)
    if not isinstance(fresh, Found):
        raise fresh or Refused(
            f"The bucket {name} was made and is not there. Somebody deleted it; plan anew."
        )
    update(door, name, fresh, shape, ids)


def update(door: Door, name: str, found: Found, shape: Bucket, ids: Ids) -> None:
    """One call for each setting that differs. AWS: tags and lifecycle are replaced as a whole."""
    now = found.shape
    assert isinstance(now, Bucket)
    if now.region != shape.region:
        raise Refused(
            f"The bucket {name} is in {now.region} and AWS moves none to another Region. Correct the account's Region, or "
            "give the environment another bucket."
        )
    there = door.elsewhere(shape.region)
    for field, put in PUTS.items():
        if getattr(now, field) != getattr(shape, field):
            put(there, name, shape)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: only a bucket without any object or version can be deleted."""
    why = f"The bucket {name} still holds objects, so it was not deleted. Empty it first."
    assert isinstance(found.shape, Bucket)
    with deleting("BucketNotEmpty", why):
        door.elsewhere(found.shape.region).write("s3", "DeleteBucket", name, **_of(door, name))


def _of(door: Door, name: str) -> dict[str, Any]:
    """Every call names the account that the bucket must belong to."""
    return {"Bucket": name, "ExpectedBucketOwner": door.account_id}


# Reading

SETTINGS = (
    "GetBucketVersioning",
    "GetPublicAccessBlock",
    "GetBucketOwnershipControls",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketTagging",
)


def _region(door: Door, name: str) -> str | AwsError | None:
    """None for a bucket that is not there, the refusal of one that may not be asked about."""
    try:
        answer = door.read("s3-regions", "GetBucketLocation", name, **_of(door, name))
    except NotFound:
        return None
    except AccessDenied as error:
        return error
    # AWS: the oldest Regions have names of their own here.
    told = answer.get("LocationConstraint")
    return {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(told, str(told))


def _setting(door: Door, name: str, operation: str) -> dict[str, Any] | AwsError:
    """AWS: 404 where there is none."""
    try:
        return door.read("s3", operation, name, **_of(door, name))
    except NotFound:
        return {}
    except AccessDenied as error:
        return error


def _found(name: str, region: str | AwsError, told: Mapping[str, Any]) -> Found | Refused:
    refused = next((one for one in (region, *told.values()) if isinstance(one, AwsError)), None)
    if isinstance(region, AwsError) or refused:
        return Denied(
            f"The bucket {name} is not this account's, or the role may not read its settings: {refused}"
        )
    rules, other = rules_of(told["GetBucketLifecycleConfiguration"].get("Rules", ()))
    shape = Bucket(
        region=region,
        versioning=told["GetBucketVersioning"].get("Status") == "Enabled",
        public_access_blocked=_is_private(told["GetPublicAccessBlock"]),
        ownership=_ownership(told["GetBucketOwnershipControls"]),
        encryption=_encryption(told["GetBucketEncryption"]),
        rules=rules,
        other=other,
        tags=tuple(sorted((k, v) for k, v in _tags(told["GetBucketTagging"]).items() if k in OURS)),
    )
    return Found(shape)


def _is_private(answer: Mapping[str, Any]) -> bool:
    blocks = answer.get("PublicAccessBlockConfiguration", {})
    return all(blocks.get(block) for block in BLOCKS)


def _ownership(answer: Mapping[str, Any]) -> str:
    rules = answer.get("OwnershipControls", {}).get("Rules", ())
    return str(rules[0]["ObjectOwnership"]) if rules else "ObjectWriter"


def _encryption(answer: Mapping[str, Any]) -> str:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]) if rules else "none"


def _tags(answer: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}


# Writing


def _put(door: Door, name: str, operation: str, **document: Any) -> None:
    door.write("s3", operation, name, **_of(door, name), **document)


def _put_versioning(door: Door, name: str, shape: Bucket) -> None:
    status = {"Status": "Enabled" if shape.versioning else "Suspended"}
    _put(door, name, "PutBucketVersioning", VersioningConfiguration=status)


def _put_privacy(door: Door, name: str, shape: Bucket) -> None:
    blocks = dict.fromkeys(BLOCKS, shape.public_access_blocked)
    _put(door, name, "PutPublicAccessBlock", PublicAccessBlockConfiguration=blocks)


def _put_ownership(door: Door, name: str, shape: Bucket) -> None:
    rules = {"Rules": [{"ObjectOwnership": shape.ownership}]}
    _put(door, name, "PutBucketOwnershipControls", OwnershipControls=rules)


def _put_encryption(door: Door, name: str, shape: Bucket) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": shape.encryption}}
    _put(door, name, "PutBucketEncryption", ServerSideEncryptionConfiguration={"Rules": [rule]})


def _put_lifecycle(door: Door, name: str, shape: Bucket) -> None:
    if shape.rules:
        _put(
            door,
            name,
            "PutBucketLifecycleConfiguration",
            LifecycleConfiguration={"Rules": rules_to(shape.rules)},
        )
    else:
        _put(door, name, "DeleteBucketLifecycle")


def _put_tags(door: Door, name: str, shape: Bucket) -> None:
    there = _setting(door, name, "GetBucketTagging")
    if isinstance(there, AwsError):
        raise there
    others = {key: value for key, value in _tags(there).items() if key not in OURS}
    tags = [{"Key": key, "Value": value} for key, value in (others | dict(shape.tags)).items()]
    _put(door, name, "PutBucketTagging", Tagging={"TagSet": tags})


PUTS: Mapping[str, Callable[[Door, str, Bucket], None]] = {
    "public_access_blocked": _put_privacy,
    "ownership": _put_ownership,
    "versioning": _put_versioning,
    "encryption": _put_encryption,
    "rules": _put_lifecycle,
    "other": _put_lifecycle,
    "tags": _put_tags,
}
"""What writes each setting, the safest first: a new bucket is private before anything else."""
