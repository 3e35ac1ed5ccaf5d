"""Copying of new objects into another bucket, as the role that the bucket's configuration names."""

from collections.abc import Mapping
from dataclasses import replace
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


def check_replication(call: S3Call) -> None:
    """AWS: both buckets must be there, be others than each other, and keep versions."""
    rules = _rules(call.body)
    for target in (call.buckets.get(name) for name in rules):
        if target is None:
            raise _invalid("Destination bucket must exist.")
        if target.versioning != "Enabled":
            raise _invalid("Destination bucket must have versioning enabled.")
    if call.bucket.versioning != "Enabled":
        raise _invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration")


def copy_news(request: Request, name: str, key: str, buckets: Mapping[str, Bucket], roles: Roles) -> None:
    """After a write: the newest version goes where the configuration says. What was there before does not."""
    bucket = buckets.get(name)
    version = bucket.newest(key) if bucket else None
    if bucket is None or version is None or PLACE not in bucket.documents:
        return
    role = _text(ElementTree.fromstring(bucket.documents[PLACE]), "Role")  # noqa: S314 - was checked when it was put
    for target, deletions in _rules(bucket.documents[PLACE]).items():
        if version.deleted and not deletions:
            continue
        there = buckets.get(target)
        copied = there is not None and _may(request, role, bucket, target, version, roles)
        bucket.copied[version.version_id] = "COMPLETED" if copied else "FAILED"
        if there is not None and copied:
            there.add(replace(version))
            there.copied[version.version_id] = "REPLICA"


def _may(request: Request, arn: str, bucket: Bucket, target: str, version: Version, roles: Roles) -> bool:
    """AWS: S3 takes the role, which must let it, and the role must be able to both ends."""
    role = roles.by_arn.get(arn)
    rights = role.in_force(request.now) if role else None
    context = {"aws:sourceaccount": bucket.account}
    if rights is None or not may_be_taken(rights, Principal("", SERVICE), arn, context):
        return False
    write = "s3:ReplicateDelete" if version.deleted else "s3:ReplicateObject"
    needs = (
        Need("s3:GetReplicationConfiguration", bucket.arn),
        Need("s3:GetObjectVersionForReplication", f"{bucket.arn}/{version.key}"),
        Need(write, f"{ARN}{target}/{version.key}"),
    )
    return all(allows(rights, need, roles) for need in needs)


def _rules(document: bytes) -> dict[str, bool]:
    """By bucket that is copied to, whether deletions are copied, too."""
    found = {}
    for rule in (each for each in parse_xml(document) if each.tag.endswith("Rule")):
        if _text(rule, "Status") == "Enabled":
            marks = next((each for each in rule if each.tag.endswith("DeleteMarkerReplication")), None)
            target = next(
                each for each in rule.iter() if each.tag.endswith("}Bucket") or each.tag == "Bucket"
            )
            found[(target.text or "").removeprefix(ARN)] = (
                marks is not None and _text(marks, "Status") == "Enabled"
            )
    return found


def _text(element: ElementTree.Element, name: str) -> str:
    found = next((each for each in element if each.tag.rpartition("}")[2] == name), None)
    return (found.text or "") if found is not None else ""


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequest", 400, message)
