"""Copying of new objects into another bucket, as the role that the bucket's configuration names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from devcloud.errors import AwsError
from devcloud.iam.rights import Need, allows, may_be_taken
from devcloud.iam.state import Roles
from devcloud.s3.call import S3Call
from devcloud.s3.objects import parse_xml
from devcloud.s3.store import Bucket, Version
from devcloud.wire import Principal, Request

PLACE = ("replication", "")
SERVICE = "s3.amazonaws.com"
ARN = "arn:aws:s3:::"


@dataclass(frozen=True)
class Rule:
    """Objects below a prefix are copied to a bucket, and what is deleted is deleted there."""

    target: str
    prefix: str
    deletions: bool


def check_replication(call: S3Call) -> None:
    """AWS: both buckets must be there and keep versions."""
    rules = _rules(call.body)
    for target in (call.buckets.get(rule.target) for rule in rules):
        if target is None:
            raise _invalid("Destination bucket must exist.")
        if target.versioning != "Enabled" or call.now < target.versioned_from:
            raise _invalid("Destination bucket must have versioning enabled.")
    if call.bucket.versioning != "Enabled" or call.now < call.bucket.versioned_from:
        raise _invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration")


def copy_news(request: Request, name: str, key: str, buckets: Mapping[str, Bucket], roles: Roles) -> None:
    """After a write: the newest version goes where the configuration says. What was there before does not."""
    bucket = buckets.get(name)
    version = bucket.newest(key) if bucket else None
    if bucket is None or version is None or not bucket.documents.get(PLACE):
        return
    role = _text(ElementTree.fromstring(bucket.documents[PLACE]), "Role")  # noqa: S314 - was checked when it was put
    for rule in _rules(bucket.documents[PLACE]):
        if not key.startswith(rule.prefix) or (version.deleted and not rule.deletions):
            continue
        there = buckets.get(rule.target)
        copied = there is not None and _may(request, role, bucket, rule.target, version, roles)
        bucket.copied[version.version_id] = "COMPLETED" if copied else "FAILED"
        if there is not None and copied:
            there.add(replace(version))
            there.copied[version.version_id] = "REPLICA"


def _may(request: Request, arn: str, bucket: Bucket, target: str, version: Version, roles: Roles) -> bool:
    """AWS: S3 takes the role, which must let it, and the role must be able to both ends."""
    role = roles.by_arn.get(arn)
    rights = role.in_force(request.now) if role else None
    if rights is None or not may_be_taken(rights, Principal("", SERVICE), arn, {}):
        return False
    write = "s3:ReplicateDelete" if version.deleted else "s3:ReplicateObject"
    needs = (
        Need("s3:GetReplicationConfiguration", bucket.arn),
        Need("s3:GetObjectVersionForReplication", f"{bucket.arn}/{version.key}"),
        Need(write, f"{ARN}{target}/{version.key}"),
    )
    return all(allows(rights, need, roles) for need in needs)


def _rules(document: bytes) -> Iterator[Rule]:
    """Those that are enabled."""
    for element in (each for each in parse_xml(document) if _name(each) == "Rule"):
        parts = {_name(each): each for each in element}
        marks = parts.get("DeleteMarkerReplication")
        prefix = (
            next((each.text for each in parts["Filter"] if _name(each) == "Prefix"), "")
            if "Filter" in parts
            else ""
        )
        if _text(element, "Status") == "Enabled":
            target = _text(parts["Destination"], "Bucket").removeprefix(ARN)
            yield Rule(target, prefix or "", marks is not None and _text(marks, "Status") == "Enabled")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, name: str) -> str:
    found = next((each for each in element if _name(each) == name), None)
    return (found.text or "") if found is not None else ""


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequest", 400, message)
